"""Documents of every kind that can be dropped, made on the spot."""

from pathlib import Path

import docx

# Text that would be code where somebody took it for such.
HOSTILE = "<img src=x onerror=alert(1)> ${alert(1)} {{7*7}} {% raise %} </script> <|im_end|> `x`"


def make_pdf(path: Path, text: str) -> Path:
    """Write a PDF of one page with one line."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    stream = f"BT /F1 12 Tf 72 720 Td ({escaped}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    path.write_bytes(data + head + table + end % (len(objects) + 1, len(data)))
    return path


def make_docx(path: Path, text: str) -> Path:
    """Write a Word document with a heading, a paragraph and a table of one row."""
    document = docx.Document()
    document.add_heading("Hours", 1)
    document.add_paragraph(text)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Monday", "nine to five"
    document.save(str(path))
    return path
