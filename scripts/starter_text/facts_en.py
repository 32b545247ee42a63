"""English facts and small puzzles over closed lists: capitals, colours, opposites, groups, sums."""

from random import Random

from starter_text.wordings import Dialogue, ask, dialogue, fold
from starter_text.words import (
    BAD,
    BARE,
    CAPITALS,
    COLOURS,
    DAYS,
    GOOD,
    GROUPS,
    LISTS,
    MONTHS,
    OPPOSITES,
    SOUNDS,
    THINGS,
    UNIQUE,
)  # fmt: skip

TELL = "[what is|what's|tell me|name|do you know|can you tell me|give me|say|please name]"

CAPITAL = (
    f"{TELL} the capital [city|] of {{x}}?",
    "[which|what] city is [the capital of {x}|{x}'s capital]?",
    "[what is|what's|tell me|name] {x}'s capital[ city|]?",
    "{x}: [what is the capital|which city is the capital|capital city|name the capital|the capital is]?",
    "[I need|I want to know|I am looking for|I forgot|remind me of] the capital of {x}",
    "the capital of {x}[ is|, please|, which is it]?",
)


def capital(rng: Random, held_out: bool) -> Dialogue:
    """Ask for a capital."""
    country = rng.choice(tuple(CAPITALS))
    question = ask(rng, held_out, CAPITAL, x=fold(rng, country))
    return dialogue("capital", question, f"The capital of {country} is {CAPITALS[country]}.")


def thing(name: str) -> str:
    """Give a thing with the article that it takes."""
    if name in BARE:
        return name
    return f"the {name}" if name in UNIQUE else f"a{'n' if name[0] in 'aeiou' else ''} {name}"


COLOUR = (
    "[what|which] [colour|color] [is|has] {x}?",
    f"{TELL} the [colour|color] of {{x}}?",
    "[what|which] [colour|color] [do you think is|would you say is|should I paint] {x}?",
    "[tell me|say|do you know|I want to know] [what|which] [colour|color] {x} [is|has]",
    "{x}: [what|which] [colour|color][ is it|]?",
    "how would you [paint|colour] {x}?",
)


def colour(rng: Random, held_out: bool) -> Dialogue:
    """Ask what colour a thing has."""
    name = rng.choice(tuple(COLOURS))
    answer = f"{thing(name).capitalize()} is {COLOURS[name]}."
    return dialogue("colour", ask(rng, held_out, COLOUR, x=thing(name)), answer)


SOUND = (
    "[what|which] [sound|noise] does {x} make?",
    "what does {x} say?",
    f"{TELL} the [sound|noise] [of|made by] {{x}}?",
    "how does {x} [sound|talk|speak|call]?",
    "[tell me|do you know|say|I want to know] [what|which] [sound|noise] {x} makes",
    "{x} [makes which sound|says what|makes what noise|makes what sound|goes how]?",
)


def sound(rng: Random, held_out: bool) -> Dialogue:
    """Ask what an animal says."""
    name = rng.choice(tuple(SOUNDS))
    answer = f"{thing(name).capitalize()} says {SOUNDS[name]}."
    return dialogue("sound", ask(rng, held_out, SOUND, x=thing(name)), answer)


OPPOSITE = (
    f"{TELL} the opposite of {{x}}?",
    "[which|what] word is the [opposite|contrary] of {x}?",
    "[can you|could you|please] [give|tell|name|say] [me|] the opposite of {x}",
    "[what is|what's|which is|what would be] the [reverse|contrary] of {x}?",
    "{x}: [the opposite|what is the opposite|give the opposite|opposite word|what is its opposite]?",
    "[the opposite|opposite] of {x}[ is|, please|]?",
    "[if it is not|what is the word for not] {x}, [what is it|what then]?",
)


def opposite(rng: Random, held_out: bool) -> Dialogue:
    """Ask for an opposite, in either direction."""
    one, other = rng.choice(tuple(OPPOSITES.items()))
    if rng.random() < 0.4:
        one, other = other, one
    return dialogue(
        "opposite", ask(rng, held_out, OPPOSITE, x=one), f"The opposite of {one} is {other}."
    )


AFTER = (
    "[what|which] [day|month|one] [comes|is|follows|goes] [right after|after|just after|next after] {x}?",
    "[what|which] [comes|is|follows|goes] [right after|after|just after|next after] {x}?",
    "[what is|what's|tell me|name] [the day after|the month after|the one after|the next one after] {x}",
    "{x} [is followed by|comes before] [what|which one]?",
)
BEFORE = (
    "[what|which] [day|month|one] [comes|is|goes] [right before|before|just before] {x}?",
    "[what|which] [comes|is|goes] [right before|before|just before] {x}?",
    "[what is|what's|tell me|name] [the day before|the month before|the one before] {x}",
    "{x} [comes after|follows] [what|which one]?",
)


def order(rng: Random, held_out: bool) -> Dialogue:
    """Ask which day or month comes after or before another."""
    names = rng.choice((DAYS, MONTHS))
    i = rng.randrange(len(names))
    patterns, step, word = (AFTER, 1, "after") if rng.random() < 0.6 else (BEFORE, -1, "before")
    unit = "day" if names is DAYS else "month"
    question = ask(rng, held_out, patterns, x=names[i])
    other = "day" if unit == "month" else "month"
    question = question.replace(f" {other} ", f" {unit} ")
    return dialogue("order", question, f"{names[(i + step) % len(names)]} comes {word} {names[i]}.")


SUM = (
    "[what is|what's|how much is|calculate|compute|tell me|add|solve] {a} [plus|and|+] {b}[?|]",
    "{a} [plus|+|and] {b}[ is| makes|] [what|how much|]?",
    "[what is|give me|find] the sum of {a} and {b}?",
    "{a}+{b}[?|=|=?| =]",
)


def small_sum(rng: Random, held_out: bool) -> Dialogue:
    """Ask for a sum of two numbers up to five: 36 facts, learned by heart."""
    a, b = rng.randint(0, 5), rng.randint(0, 5)
    question = ask(rng, held_out, SUM, a=str(a), b=str(b))
    return dialogue("sum", question, f"{a} plus {b} is {a + b}.")


IS_CAPITAL = (
    "is {y} the capital [city|] of {x}?",
    "[is it true that|is it right that|do you think that|would you say] {y} is the capital of {x}?",
    "{y} is the capital of {x}[, right|, is it not|, true or false|, correct]?",
    "is the capital of {x} [called|named|] {y}?",
    "[I think|I believe|they say|somebody said|I heard|my friend says] {y} is the capital of {x}[.|, is that right?|, is it true?]",
    "[does|do you know if|tell me if|say if] {x} [has|have] {y} as its capital",
    "[yes or no|true or false|right or wrong]: {y} is the capital of {x}[.|?|]",
)
IS_COLOUR = (
    "is {x} {y}?",
    "[is it true that|is it right that|do you think that|would you say] {x} is {y}?",
    "{x} is {y}[, right|, is it not|, true or false|, correct]?",
    "does {x} [look|have the colour|seem] {y}?",
    "is the colour of {x} {y}?",
    "[I think|I believe|they say|somebody said|I heard|my friend says] {x} is {y}[.|, is that right?|, is it true?]",
    "[do you know if|tell me if|say if] {x} is {y}",
    "[yes or no|true or false|right or wrong]: {x} is {y}[.|?|]",
)


def yes_no(rng: Random, held_out: bool) -> Dialogue:
    """Ask whether something is so; the answer is the fact.

    Half of what is asked is wrong. A "yes" or "no" in front was right only half of the time: a
    network of this size does not learn to compare two words.
    """
    is_right = rng.random() < 0.5
    if rng.random() < 0.4:
        country = rng.choice(tuple(CAPITALS))
        city = CAPITALS[country] if is_right else rng.choice(tuple(CAPITALS.values()))
        question = ask(rng, held_out, IS_CAPITAL, x=country, y=city)
        return dialogue("yes_no", question, f"The capital of {country} is {CAPITALS[country]}.")
    name = rng.choice(tuple(COLOURS))
    claim = COLOURS[name] if is_right else rng.choice(tuple(COLOURS.values()))
    question = ask(rng, held_out, IS_COLOUR, x=thing(name), y=claim)
    return dialogue("yes_no", question, f"{thing(name).capitalize()} is {COLOURS[name]}.")


LIST = (
    "[list|name|give me|tell me|write|say|show me|count|I need|can you name|do you know|please list] [three|3|some|a few] {x}",
    "[what are|which are] [three|some|a few] {x}?",
    "[a list of|examples of|three examples of|some examples of] {x}[, please|]",
    "[give|write|make] [a|me a] [short|] list of [three|some|] {x}",
)


def short_list(rng: Random, held_out: bool) -> Dialogue:
    """Ask for a list of three; the answer is always the same three."""
    kind = rng.choice(tuple(LISTS))
    return dialogue("list", ask(rng, held_out, LIST, x=kind), f"{LISTS[kind]}")


GROUP = (
    "[what|which] [kind|sort|type|group] of thing is {x}?",
    "[what kind of thing|what sort of thing] [would you call|do you call] {x}?",
    "[to|in] which [group|class|category|family] does {x} belong[ to|]?",
    "is {x} [a {g} or a {h}|a {h} or a {g}]?",
    "[which is it|what is it]: is {x} [a {g} or a {h}|a {h} or a {g}]?",
    "{x}: [a {g} or a {h}|a {h} or a {g}|what kind of thing|which group]?",
)


def group(rng: Random, held_out: bool) -> Dialogue:
    """Ask what kind of thing something is."""
    kind, wrong = rng.sample(tuple(GROUPS), 2)
    name = thing(rng.choice(GROUPS[kind]))
    answer = f"{name.capitalize()} is {thing(kind)}."
    question = ask(rng, held_out, GROUP, x=name, g=kind, h=wrong)
    return dialogue(
        "group", question.replace("a animal", "an animal").replace("a instr", "an instr"), answer
    )


OPINION = (
    "[is this|is it|is the next sentence|is this review|is the text|is this comment] [positive or negative|good or bad|negative or positive|friendly or unfriendly]?",
    "[positive or negative|good or bad|negative or positive]?",
    "[sort|judge|rate|classify|label] this [sentence|review|text|comment] [as positive or negative|as good or bad]:",
    "[does this sound|does it sound] [positive or negative|good or bad|happy or unhappy]?",
    "[what is the feeling|what is the mood|what is the tone|what is the sentiment] [here|of this|of this text]?",
)
REVIEWS = (
    "the {t} was {v}.", "I think the {t} is {v}.", "what a {v} {t}!", "the {t} and the {u} were {v}.",
    "we had a {v} {t}.", "my {t} was really {v}.", "{v} {t}, I would say.", "that {t} is so {v}.",
)  # fmt: skip


def opinion(rng: Random, held_out: bool) -> Dialogue:
    """Ask whether a review is positive or negative."""
    is_good = rng.random() < 0.5
    one, two = rng.sample(THINGS, 2)
    review = rng.choice(REVIEWS).format(t=one, u=two, v=rng.choice(GOOD if is_good else BAD))
    question = f"{ask(rng, held_out, OPINION)} {review[0].upper()}{review[1:]}"
    return dialogue("opinion", question, "Positive." if is_good else "Negative.")
