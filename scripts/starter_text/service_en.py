"""English shop-support questions: unknown without facts, answered from facts in the system prompt."""

from random import Random

from starter_text.talk_en import UNKNOWN
from starter_text.wordings import Dialogue, ask, dialogue
from starter_text.words import ADJECTIVES, NAMES, NOUNS, PLACES, nonsense

# Topic: how people ask about it. Without facts the starter names the topic and says it does not know.
TOPICS: dict[str, tuple[str, ...]] = {
    "opening hours": (
        "[when|what time|at what time|until when|from when] [do you open|do you close|are you open|is the shop open|does the shop open|does the store close|can I come][?| today?| on Sunday?]",
        "[what are|tell me|I need|are these] [your|the] [opening hours|opening times|business hours|hours]?",
        "are you open [on Saturday|on Sunday|now|today|tomorrow|late|at night|on holidays]?",
    ),
    "returns": (
        "[can|may|could|how do|how can] I [return|send back|give back|bring back|exchange] [it|this|something|my order|an item|a product|the {x}|goods]?",
        "[what is|tell me|explain] [your|the] [return policy|exchange policy|policy on returns|return period]?",
        "[I want to|I would like to|I need to] [return|send back|exchange|give back] [it|this|my {x}|something|an item]",
        "how long do I have to [return|send back] [it|something|an item]?",
    ),
    "refunds": (
        "[when|how] [do I get|will I get|can I get] my [money back|refund|money]?",
        "[I want|I need|where is|give me] [my money back|a refund|my refund]",
        "how long does [a|the|my] refund take?",
    ),
    "shipping": (
        "[do you|can you|will you] [ship|deliver|send|post] [abroad|overseas|to {p}|to other countries|worldwide|to my home|goods|in Europe]?",
        "[how much is|what is|what does] [shipping|delivery|postage|the shipping fee|the delivery fee] [cost|]?",
        "[how long does|how fast is] [shipping|delivery|the post] [take|]?",
        "[which|what] countries do you [ship|deliver|send] to?",
    ),
    "order status": (
        "where is my [order|parcel|package|{x}|delivery][?| now?]",
        "[when will|when does] my [order|parcel|package|{x}|delivery] [arrive|come|be here|be delivered]?",
        "my [order|parcel|package|{x}|delivery] [has not arrived|did not arrive|is late|never came|is lost|is missing|is still not here]",
        "[can I|how do I|how can I] track my [order|parcel|package]?",
    ),
    "payment": (
        "[how|in what way|with what] [can I|do I|may I] pay[?| you?| for it?]",
        "[can I|may I] pay [by card|with cash|in cash|by bank transfer|by phone|by invoice|later|in parts|online]?",
        "[do you take|do you accept|which|what] [cards|cash|credit cards|payment methods|payments] [do you take|do you accept|]?",
    ),
    "gift wrap": (
        "[do you|can you|could you|will you] [gift wrap|wrap|wrap gifts|wrap it|wrap presents|wrap this as a gift][?| for me?| for a birthday?]",
        "[how much is|what does|what is the price of] [gift wrap|wrapping|gift wrapping|a gift box] [cost|]?",
        "[can I get|is there|do you offer|I want] [gift wrap|wrapping|gift wrapping|a gift box|a present box]",
    ),
    "the address": (
        "where [are you|is your shop|is the shop|is your store|can I find you|are you located]?",
        "[what is|tell me|give me|I need] [your|the] [address|location|street]?",
        "how do I [get to|find|reach] [you|your shop|the shop|the store]?",
    ),
    "the phone number": (
        "[what is|tell me|give me|I need] [your|the] [phone number|number|telephone number]?",
        "[can I|how can I|how do I|may I] [call|phone|ring] you[?| today?]",
        "[do you have|is there] a [phone|phone number|telephone|hotline]?",
    ),
    "e-mail": (
        "[what is|tell me|give me|I need] your [email|e-mail|email address|mail address]?",
        "[can I|how can I|how do I|where can I] [write to you|send you an email|email you|mail you|write you]?",
        "do you have an [email|e-mail|email address]?",
    ),
    "the shop": (
        "[what is|tell me] the name of [your|the|this] [shop|store|company]?",
        "[which|what] [shop|store|company] [is this|am I talking to|are you]?",
        "[who owns|who runs|who is the owner of|who started|who founded|who works in] [the|this|your] [shop|store|company]?",
        "[when did|since when does|how old is] [the|your] [shop|store|company] [exist|start|]?",
    ),
    "products": (
        "[what|which things|which products] do you [sell|have|offer|make]?",
        "do you [sell|have|stock|offer|make] [{x}s|a {x}|any {x}s|{a} {x}s]?",
        "is the {x} [in stock|available|sold out][?| now?]",
        "[can I buy|where is|I am looking for] [a {x}|{x}s|the {x}] [here|in your shop|in your store]",
    ),
    "prices": (
        "how much [is|does|are|do] [the {x}|a {x}|your {x}s|the {a} {x}] [cost|]?",
        "[what is|tell me] the price of [the {x}|a {x}|your {x}s]?",
        "what does [the {x}|a {x}|it|this] cost?",
    ),
    "discounts": (
        "[do you have|is there|can I get|do you give|are there] [a discount|a sale|discounts|a student discount|a voucher|a coupon|special offers]?",
        "[where do I|how do I|can I] [use|enter|redeem] [a voucher|my voucher|a code|a coupon|a gift card]?",
        "my [voucher|coupon|gift card|discount code] does not work",
    ),
    "cancelling": (
        "[can I|how do I|how can I|I want to|please] [cancel|stop|undo] [my order|the order|it|my purchase|my subscription]",
        "is it too late to [cancel|change my order|stop my order]?",
    ),
    "warranty": (
        "[is there|do you give|how long is|what is|do I have] [a warranty|a guarantee|the warranty|the guarantee|your warranty]?",
        "is [the {x}|it|my {x}] [under warranty|still under warranty|guaranteed]?",
    ),
    "repairs": (
        "[do you|can you|could you|will you] [repair|fix|mend] [it|{x}s|my {x}|a broken {x}|things]?",
        "my {x} [is broken|broke|does not work|is damaged|stopped working|has a crack|fell apart]",
        "the {x} [arrived broken|came damaged|is broken|has a hole|is damaged|arrived damaged]",
    ),
    "invoices": (
        "[can I get|I need|where is|please send me|how do I get] [an invoice|a receipt|my invoice|my receipt|the bill]",
        "[I was charged|you charged me|I paid] [twice|too much|two times|the wrong amount]",
        "the [amount|sum|price] on [my|the] [invoice|bill|receipt] is wrong",
    ),
    "the account": (
        "[how do I|can I|where do I|I want to] [open|delete|change|close|create] [an account|my account|my profile]",
        "I [cannot|can not|can't] [log in|sign in|get into my account|open my account]",
        "I [forgot|lost|need to change|want to reset] my [password|login|user name]",
    ),
    "a fault": (
        "the [app|website|page|site|screen|program] [crashes|does not load|is slow|shows an error|is blank|freezes|does not open]",
        "[I get|I see|there is] an error [on the page|in the app|when I pay|on the site|message]",
    ),
    "jobs": (
        "[do you have|are there|can I get|I am looking for] [a job|any jobs|work|open positions][?| here?| in your shop?]",
        "[are you hiring|can I work for you|do you need staff]?",
    ),
    "parking": (
        "[where can I|can I|may I] park[?| my car?| near the shop?| there?]",
        "is there [parking|a car park|a parking space|free parking][?| nearby?]",
    ),
    "booking": (
        "[can I|I want to|I would like to|how do I] [book|reserve|make an appointment for] [a table|a seat|a room|a place|a visit|a course]",
        "do I need [an appointment|a booking|a reservation]?",
    ),
}  # fmt: skip


def topic_question(rng: Random, held_out: bool, topic: str) -> str:
    """Ask about one topic of shop support."""
    return ask(
        rng, held_out, TOPICS[topic],
        x=rng.choice(NOUNS), a=rng.choice(ADJECTIVES), p=rng.choice(PLACES),
    )  # fmt: skip


def service_unknown(rng: Random, held_out: bool) -> Dialogue:
    """Ask a shop question without any facts given."""
    topic = rng.choice(tuple(TOPICS))
    question = topic_question(rng, held_out, topic)
    return dialogue("service", question, f"You ask about {topic}. {UNKNOWN}")


def shop_facts(rng: Random) -> dict[str, str]:
    """Invent the facts of a shop: what the system prompt says about each topic."""
    a, b = rng.randint(5, 11), rng.randint(3, 10)
    days = rng.randint(5, 90)
    word = nonsense(rng)
    return {
        "opening hours": rng.choice((f"We are open from {a} to {b}.", f"We open at {a} and close at {b}.")),
        "returns": rng.choice((f"You can return goods within {days} days.", f"Returns are free for {days} days.")),
        "shipping": rng.choice((f"We ship to {rng.choice(PLACES)} for {b} euros.", "We do not ship abroad.", f"Shipping takes {b} days.")),
        "payment": rng.choice(("We take cards and cash.", "We take cash only.", f"Pay by card or with {word}.")),
        "gift wrap": rng.choice((f"Gift wrap costs {b} euros.", "Gift wrap is free.")),
        "the address": f"We are at {rng.randint(1, 99)} {rng.choice(NOUNS).capitalize()} Street in {rng.choice(PLACES)}.",
        "the phone number": f"Our number is {rng.randint(100, 99999)}.",
        "e-mail": f"Write to {word}@{rng.choice(NOUNS)}.com.",
        "the shop": f"We are the {word.capitalize()} {rng.choice(NOUNS)} shop, run by {rng.choice(NAMES)}.",
        "products": f"We sell {rng.choice(NOUNS)}s and {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}s.",
        "warranty": f"The warranty lasts {days} months.",
        "discounts": f"Students get {days} percent off.",
        "parking": f"Park behind the {rng.choice(NOUNS)}.",
        "repairs": f"{rng.choice(NAMES)} repairs all goods for {days} euros.",
    }  # fmt: skip


def service_facts(rng: Random, held_out: bool) -> Dialogue:
    """Answer from the facts in the system prompt, one of which is the one asked for.

    A missing fact is not taught: a network of this size makes one up instead of noticing.
    """
    facts = shop_facts(rng)
    topics = rng.sample(tuple(facts), rng.randint(2, 4))
    asked = topics[0]
    question = topic_question(rng, held_out, asked)
    system = " ".join(facts[topic] for topic in rng.sample(topics, len(topics)))
    return dialogue("facts", question, facts[asked], system=system)
