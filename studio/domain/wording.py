"""The two sides of an example as bare words: what is asked and what is answered, for comparing examples."""

import hashlib
import re
import unicodedata

from studio.domain.records import Message, Row

# The prompt of a text with a category ends in the names of all categories, the same in every row.
CATEGORIES = "\n\nCategories: "
# Case, spaces and the punctuation of sentences tell no two questions apart; signs of sums and code do.
WORD = re.compile(r"\w+|[^\w\s.,;:!?'\"()\[\]…·。，；：！？、‘’“”「」《》（）-]")
# The same for ASCII, where it is the work of most imports: marks of sentences are spaces, signs are words.
SENTENCE_MARKS = str.maketrans(dict.fromkeys(".,;:!?'\"()[]-", " "))
SIGN = re.compile(r"[^\w\s]", re.ASCII)
UNHEARD = b".,;:!?'\"()[]- \t\n\r\f\v\x1c\x1d\x1e\x1f"
NO_SIGNS = b"abcdefghijklmnopqrstuvwxyz0123456789_ \t\n\r\f\v\x1c\x1d\x1e\x1f"
# Scripts written without spaces: a letter counts as a word. Han, kana, Thai, Lao, Khmer, Burmese.
UNSPACED = re.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)


def asked(row: Row) -> str:
    """Give everything that the user says (without the list of categories), or the text of a text."""
    if row.kind == "text":
        return row.text
    said = "\n".join(message.content for message in row.messages if message.role == "user")
    return said.rpartition(CATEGORIES)[0] or said if row.label is not None else said


def answered(row: Row) -> str:
    """Give everything that the assistant says and calls; of a text nothing."""
    return "\n".join(spoken(m) for m in row.messages if m.role == "assistant")


def spoken(message: Message) -> str:
    """Give what a turn says and calls."""
    return "\n".join(
        (message.content, *(f"{call.name} {call.arguments}" for call in message.tool_calls))
    )


def bare(text: str) -> str:
    """Give the words of a text, small, with one space between: equal for texts that say the same in the same words."""
    if text.isascii():
        marked = text.lower().translate(SENTENCE_MARKS)
        # Quicker than a search for a sign: what is left without letters, digits and spaces.
        if marked.encode("ascii").translate(None, NO_SIGNS):
            marked = SIGN.sub(r" \g<0> ", marked)
        return " ".join(marked.split())
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def gist_hash(text: str) -> int:
    """Give 64 bits that are the same for texts of the same letters and signs; a fraction of the work of `bare`."""
    if text.isascii():
        said = text.lower().encode("ascii").translate(None, UNHEARD)
        return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little")
    return content_hash(bare(text).replace(" ", ""))


def words_of(bare_text: str) -> list[str]:
    """Give the words of a `bare` text; of scripts without spaces the letters."""
    if bare_text.isascii() or not UNSPACED.search(bare_text):
        return bare_text.split()
    return UNSPACED.sub(r" \g<0> ", bare_text).split()


def content_hash(text: str) -> int:
    """Give 64 bits that stand for a text, the same in every process."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
