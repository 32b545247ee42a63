"""The script of a training as a notebook."""

import json


def write_notebook(script: str) -> str:
    """Give the script as a notebook: what it says of itself, then its parts."""
    about, _, code = script.removeprefix('"""').partition('"""\n')
    code = code.replace("Path(__file__).resolve().parent", 'Path(".")')
    code, _, _ = code.rpartition("main(*sys.argv[1:])")
    start = '"START", ' if "BASE START" in about else ""
    run = f'main("BASE", {start}"train.jsonl", "held_out.jsonl")'
    cells = [
        {"cell_type": "markdown", "id": "about", "metadata": {}, "source": about.strip()},
        *(
            {
                "cell_type": "code",
                "id": f"part-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": part.strip(),
            }
            for number, part in enumerate([*code.split("\n\n\n"), run])
            if part.strip()
        ),
    ]
    metadata = {"language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1)
