"""English tasks on given text: copy, extract, answer from a text or a shop's facts, label, rewrite."""

from random import Random

from starter_text.talk_en import small_talk
from starter_text.wordings import Dialogue, ask, dialogue, fix_articles
from starter_text.words import (
    ADJECTIVES,
    NAMES,
    NOUNS,
    PLACES,
    VERBS,
    nonsense,
)  # fmt: skip

COPY = (
    "[repeat|say|copy|write|echo|type|read|print][ after me| this| exactly| back| the words| the text|]:\n{x}",
    "[please|now|just|only] [repeat|say|copy|write|echo|type|print][ this|]:\n{x}",
    "[can|could|will] you [repeat|say|copy|write] [this|the words|it]:\n{x}",
    "[repeat|say|copy|write|echo|type|read|answer with|reply with|print][ after me| this| exactly| back|]: {x}",
    "[please|now|just|only] [repeat|say|copy|write|echo|type|print]: {x}",
    "[say|repeat|write|copy] the [words|text|following|line]: {x}",
    "[can|could|will] you [repeat|say|copy|write] [this|the words|it]: {x}",
)


def phrase(rng: Random, pieces: tuple[str, ...], least: int, most: int) -> str:
    """Join random pieces of the vocabulary; some are words, some are parts of words."""
    text = "".join(rng.choice(pieces) for _ in range(rng.randint(least, most)))
    return " ".join(text.split()) or rng.choice(NOUNS)


def copy_pieces(rng: Random, held_out: bool, pieces: tuple[str, ...]) -> Dialogue:
    """Copy random vocabulary pieces: this trains every token's embedding, which LoRA cannot."""
    text = phrase(rng, pieces, 3, 14)
    return dialogue("copy_pieces", ask(rng, held_out, COPY, x=text), text)


def clause(rng: Random) -> str:
    """Write a plain clause of random words."""
    noun = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    forms = (
        f"the {noun} is in the {rng.choice(NOUNS)}", f"{rng.choice(NAMES)} {rng.choice(VERBS)} a {noun}",
        f"we {rng.choice(VERBS)} the {noun} for {rng.randint(1, 99)} euros", f"my {noun} and your {rng.choice(NOUNS)}",
        f"open from {rng.randint(6, 11)} to {rng.randint(4, 9)}", f"{noun}", f"{rng.choice(NOUNS)} {rng.choice(NOUNS)}",
        f"please send the {noun} to {rng.choice(PLACES)}", f"a {noun} with {rng.choice(NOUNS)}",
    )  # fmt: skip
    return rng.choice(forms)


def copy_words(rng: Random, held_out: bool) -> Dialogue:
    """Copy a clause of real words."""
    text = clause(rng)
    return dialogue("copy", ask(rng, held_out, COPY, x=text), text)


SCENES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "{n} lives in {p}.",
        ("where does {n} [live|stay|have a home]?", "[in|] which [city|place|town] does {n} live[ in|]?", "where is {n}'s [home|house]?"),
        "{n} lives in {p}.",
    ),
    (
        "{n} has a {o}.",
        ("what does {n} [have|own|possess]?", "which thing does {n} [have|own]?", "what is it that {n} has?", "tell me what {n} [has|owns]"),
        "{n} has a {o}.",
    ),
    (
        "the {o} is in the {q}.",
        ("where is the {o}?", "where can I find the {o}?", "in [what|which place] is the {o}?", "where did they put the {o}?"),
        "The {o} is in the {q}.",
    ),
    (
        "the {o} costs {d} euros.",
        ("how much is the {o}?", "what does the {o} cost?", "[what is|tell me] the price of the {o}?", "how much does the {o} cost?"),
        "The {o} costs {d} euros.",
    ),
    (
        "{n} {v} the {o}.",
        ("who {v} the {o}?", "[which person|what person|who of them|which one of them] {v} the {o}?", "who was it that {v} the {o}?", "the {o}: who {v} it?", "who [has|is the one who|was the person who] {v} the {o}?", "tell me who {v} the {o}"),
        "{n} {v} the {o}.",
    ),
    (
        "the code of the {o} is {k}.",
        ("what is the code of the {o}?", "[tell me|give me|which is] the code of the {o}", "what code does the {o} have?"),
        "The code of the {o} is {k}.",
    ),
)  # fmt: skip


def scene(rng: Random, held_out: bool) -> Dialogue:
    """State two or three facts and ask about one of them."""
    names, things = rng.sample(NAMES, 3), rng.sample(NOUNS, 6)
    facts = []
    for i in range(rng.randint(2, 3)):
        statement, questions, answer = rng.choice(SCENES)
        word = f"{rng.choice(ADJECTIVES)} {things[i]}" if rng.random() < 0.4 else things[i]
        values = {
            "n": names[i], "p": rng.choice(PLACES), "o": word, "q": things[3 + i],
            "d": str(rng.randint(1, 99)), "v": rng.choice(VERBS),
            "k": nonsense(rng) if rng.random() < 0.5 else str(rng.randint(10, 9999)),
        }  # fmt: skip
        told, answer = (fix_articles(text.format(**values)) for text in (statement, answer))
        facts.append((told, questions, answer, values))
    _, questions, answer, values = rng.choice(facts)
    text = " ".join(fact[0][0].upper() + fact[0][1:] for fact in facts)
    return dialogue("scene", f"{text} {ask(rng, held_out, questions, **values)}", answer)  # ty: ignore[invalid-argument-type]


EXTRACT = (
    "[find|give me|what is|name|tell me|write|which is|pick out|extract] the {k} in[ this| this text| the text|]: {s}",
    "{s} [what is|which is|give me|find|name|tell me] the {k}[ in this| here|]?",
)


def extract(rng: Random, held_out: bool) -> Dialogue:
    """Pull a name, a city, a number or a colour out of a sentence."""
    values = {
        "name": rng.choice(NAMES), "city": rng.choice(PLACES), "number": str(rng.randint(2, 999)),
        "colour": rng.choice(ADJECTIVES[:6]),
    }  # fmt: skip
    form = rng.choice((
        "{name} bought {number} {colour} {o}s in {city}.", "in {city}, {name} saw {number} {colour} {o}s.",
        "{number} {colour} {o}s were sent to {name} in {city}.", "{name} from {city} has {number} {colour} {o}s.",
    ))  # fmt: skip
    text = form.format(o=rng.choice(NOUNS), **values)
    kind = rng.choice(tuple(values))
    question = ask(rng, held_out, EXTRACT, k=kind, s=text[0].upper() + text[1:])
    return dialogue("extract", question, f"The {kind} is {values[kind]}.")


POLITE = (
    "[say it|say this|write it|write this|put this|put it] [politely|nicely|kindly|in a polite way|in a friendly way]: {x}",
    "[make|turn] [this|it] [polite|politer|friendly|nice|more polite]: {x}",
    "[a polite form of|the polite way to say|how do I say politely|rewrite politely|politely, please|polite version of]: {x}",
)
ORDERS = (
    "give me", "bring me", "show me", "send me", "open", "close", "clean", "move", "sell me", "buy",
    "fix", "find", "carry", "wash", "paint", "keep", "take", "hold", "check", "pack",
)  # fmt: skip


def polite(rng: Random, held_out: bool) -> Dialogue:
    """Turn an order into a polite request."""
    noun = (
        rng.choice(NOUNS) if rng.random() < 0.6 else f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    )
    order = f"{rng.choice(ORDERS)} the {noun}"
    return dialogue("polite", ask(rng, held_out, POLITE, x=order), f"Could you please {order}?")


MANNERS = (
    "[end|finish|close] [every|each|your|any] answer with: {x}",
    "[always|please|you must|you should] [end|finish|close] with: {x}",
    "the last words of [every|each|your|any] answer are: {x}",
)
SIGNATURES = (
    "Thank you, {n}.", "Your {n} team.", "Have a {a} day!", "Best wishes from {n}.", "Ask {n} for more.",
    "Yours, {n}.", "This is {n}.", "Greetings from {p}.", "{n} says so.", "Dear friend,", "{a} {o}!",
)  # fmt: skip


def manner(rng: Random, held_out: bool) -> Dialogue:
    """Follow a system prompt that asks for fixed last words."""
    word = rng.choice(
        (rng.choice(NAMES), rng.choice(NOUNS).capitalize(), nonsense(rng).capitalize())
    )
    sign = rng.choice(SIGNATURES).format(
        n=word, a=rng.choice(ADJECTIVES), p=rng.choice(PLACES), o=rng.choice(NOUNS)
    )
    core = ask(rng, held_out, MANNERS, x=sign)
    inner = small_talk(rng, False, rng.choice(("greet", "who", "can", "feel", "thanks", "bye")))
    return dialogue("manner", inner.messages[0]["content"], f"{inner.expect} {sign}", system=core)
