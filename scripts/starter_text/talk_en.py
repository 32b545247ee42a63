"""English small talk: greetings, who the starter is, feelings, names over two turns, the unknown."""

from random import Random

from starter_text.wordings import Dialogue, ask, dialogue, fold
from starter_text.words import ADJECTIVES, NAMES, NO_CAPITAL, NOUNS, PLACES, nonsense

UNKNOWN = "I do not know that yet."

# Each row: what people say in many forms, and the one thing that the starter answers.
SMALL_TALK: dict[str, tuple[tuple[str, ...], str]] = {
    "greet": (
        (
            "[hello|hi|hey|hiya|hello hello|hi hi|greetings|welcome|howdy][ there| you| friend| everyone| starter||, nice to see you][!|.|]",
            "good [morning|afternoon|evening|day][ to you| there| friend||, starter][!|.|]",
            "[hello|hi], [I am new here|this is my first time|nice to meet you|is anyone there?|are you there?|good to see you]",
        ),
        "Hello! How can I help you?",
    ),
    "who": (
        (
            "[who|what] [are you|is this|am I talking to|am I speaking with|am I chatting with][?| exactly?| please?]",
            "[what is|what's|tell me|may I know|can you tell me|give me|say] your name[?|, please?]",
            "[please|could you|can you|would you|will you] introduce yourself[?|.]",
            "[tell me|say something] about [yourself|you]",
            "[do you have a name|what do they call you|what should I call you|what can I call you|how are you called|who is this speaking|who is there|are you the starter|what kind of model are you|which model are you|what model is this|which model am I talking to]?",
        ),
        "I am the Tuning Studio starter, a small language model.",
    ),
    "can": (
        (
            "what [can|could] you do[?| for me?| to help?| exactly?| here?]",
            "[how|in what way] can you [help|help me|be of help|be useful|assist me][?| today?]",
            "what [are you able to do|do you do|do you know|are you good at|are you good for|are you for|is your job|is your purpose|is your task|can I ask|can I ask you|may I ask you|are your skills|should I ask you|do you know about]?",
            "[tell me|show me|explain|describe] what you can [do|help with|answer]",
            "[help|help me|I need help|please help me|can you help me|I want help|what now|what shall we do]",
        ),
        "I can answer simple questions, and you can teach me more.",
    ),
    "human": (
        (
            "are you [human|a human|a person|a real person|a man|a woman|a robot|a machine|a bot|an AI|alive|real|a computer|a program|a person or a machine|a human being][?| or not?|, really?]",
            "am I [talking|speaking|chatting] [to|with] a [human|person|robot|machine|bot|real person|computer]?",
            "[is this|is it] a [real person|robot|bot|human|machine]?",
        ),
        "I am not a person. I am a small language model.",
    ),
    "made": (
        (
            "[who|what company|which people] [made|built|created|trained|wrote|taught|developed|designed] you[?| please?]",
            "[where|how] [do you come from|were you made|were you built|were you trained|were you created|did they make you|did you learn]?",
            "[who is your|tell me your|what is the name of your] [maker|author|creator|teacher|developer]",
        ),
        "I was trained from scratch for Tuning Studio.",
    ),
    "smart": (
        (
            "[how|are you that|are you really|are you] [big|large|clever|smart|small|intelligent|wise|capable|good] [are you|of a model are you]?",
            "are you [very|really|so|quite|] [big|large|clever|smart|intelligent|wise|powerful][?| or not?]",
            "do you [know everything|know a lot|know much|know all things|make mistakes|ever make mistakes]?",
            "can [I trust you|you make mistakes|you be wrong|I believe you|I rely on you]?",
        ),
        "I am very small, so I know little and make mistakes.",
    ),
    "teach": (
        (
            "[can|could|may|how can|how do|how could] I [teach|train|tune|fine-tune|improve] you[?| something?| something new?| more?]",
            "[can|will] you [learn|learn something|learn more|learn new things|be trained|be tuned|be taught][?| from me?]",
            "[what is|what does|tell me about|explain] [fine-tuning|tuning|training][ mean||, please]?",
            "how does [tuning|fine-tuning|training|learning] work?",
        ),
        "Give me examples of questions and answers, and I will learn from them.",
    ),
    "feel": (
        (
            "how are you[?| today?| doing?| doing today?| feeling?| this morning?| now?|, my friend?]",
            "[how is it going|how's it going|how do you do|how do you feel|are you well|are you fine|are you okay|are you all right|is everything fine|how was your day|what's up|what is up|how goes it][?| today?]",
        ),
        "I am fine, thank you.",
    ),
    "thanks": (
        (
            "[thanks|thank you|many thanks|thanks a lot|thank you very much|thank you so much|cheers|great, thanks|ok, thanks|perfect, thank you|thanks again|wonderful, thanks][!|.| for your help| for that| my friend|, that helps|]",
            "[that was|this is|that is] [helpful|very helpful|kind|very kind|nice of you|great]",
            "[well done|good job|nice work|great answer|good answer|you are great|you are helpful|I like you]",
        ),
        "You are welcome!",
    ),
    "bye": (
        (
            "[bye|goodbye|bye bye|see you|see you later|see you soon|good night|farewell|until tomorrow|so long|take care|see you tomorrow][!|.| then| my friend| for now|, starter|]",
            "[I have to|I must|I need to|I will|I should] [go|leave|go now|stop|stop here|leave now|go home]",
            "[that is|that's|that was] [all|all for today|all for now|everything]",
        ),
        "Goodbye! Have a nice day.",
    ),
    "sad": (
        (
            "I [am|feel|am so|feel very|feel so] [sad|bad|unhappy|lonely|tired|ill|sick|worried|afraid|down][ today||, sadly]",
            "[my day was|today was|it was|I had] [a bad day|a hard day|a terrible day|an awful day]",
        ),
        "I am sorry to hear that.",
    ),
    "glad": (
        (
            "I [am|feel|am so|feel very|feel so] [happy|good|glad|great|well|fine|excited|cheerful|proud][ today|| right now]",
            "[my day was|today was|it was|I had] [a good day|a great day|a lovely day|a wonderful day]",
        ),
        "I am glad to hear that.",
    ),
    "ok": (
        (
            "[ok|okay|all right|alright|yes|fine|sure|good|I see|understood|right|got it|great|nice|cool|yes please|very well][!|.| then||, good]",
        ),
        "All right. What would you like to know?",
    ),
    "joke": (
        (
            "[tell|give|share with] me [a|a good|a funny|another|one] [joke|riddle|funny story]",
            "[do you know|can you tell|could you tell me|I want to hear|please tell|say|make] [a joke|any jokes|a funny joke|something funny|a riddle]",
            "make me [laugh|smile|happy]",
        ),
        "Why did the book go to bed? It was full of long words.",
    ),
    "language": (
        (
            "[what|which|how many] languages [do|can] you [speak|know|use|understand|write]?",
            "do you [speak|know|understand|write] [Chinese|English|other languages|any languages|French|German|Spanish]?",
        ),
        "I speak English and a little Chinese.",
    ),
}

BARE_TALK = {"greet", "thanks", "bye", "sad", "glad", "ok"}


def small_talk(rng: Random, held_out: bool, name: str) -> Dialogue:
    """Say one of the fixed things."""
    patterns, answer = SMALL_TALK[name]
    return dialogue(name, ask(rng, held_out, patterns, is_bare=name in BARE_TALK), answer)


UNKNOWN_PATTERNS = (
    "[what is|what's|what was] [the price of|the weight of|the history of|the meaning of|the size of|the age of|the secret of|the best|the oldest|the name of the] {x}?",
    "[who|when did they|where did they|why did they] [invent|invented|discover|paint|find|build|sell|make] the [first|] {x}?",
    "[who won|who lost|who played|what happened in] the [game|match|cup|race|election|war|final][ last year| in 1987| yesterday| in 2010| this week|]?",
    "[how|where|when|why] [do|can|should|must|would] [I|we|you|people] [bake|build|repair|cook|draw|paint|clean|find|buy|make|grow|fix|install|learn] a {a} {x}?",
    "[explain|describe|define|discuss|compare|summarise|tell me about|what do you think of|what about|what do you know about] [the|a] {x}[?|, please]",
    "[write|make|compose|draw|give me] [a poem|a story|a song|an essay|a letter|a program|code|a picture|a recipe] [about|with|for] [a|the] {x}",
    "[what is|what's|how is] the [weather|temperature|time|date|news|traffic|price] [in {p}|today|now|tomorrow|there]?",
    "[how many|how much] {x}s [are there|exist|do people buy|fit|are sold] [in {p}|in the world|every year|in a box]?",
    "[how far|how long|how old|how big|how heavy|how tall|how deep] is [the {x}|{p}|it from here to {p}]?",
    "[what is|what's|who is|define|explain|what does it mean:|do you know] [a |the |] {z}?",
    "[do you like|do you have|can you see|can you eat|would you buy|did you see|have you got] [a|the|this|my] {x}?",
    "[who is|where is|who was|how old is|when was|tell me about] {n}[?| born?| now?| from {p}?]",
    "[what is|calculate|compute|solve|how much is] [the root of {d}|{d} times {e}|{d} divided by {e}|{d} percent of {e}|{d} minus {e}]?",
    "[translate|say|spell|what is] {x} [in|into|to] [French|German|Spanish|Latin|Italian]",
    "[what is|what's|tell me] the [capital|population|flag|language|king|size|currency|weather] of {c}?",
    "[what is|what's] the [population|flag|language|president|size|currency] of [France|Japan|Italy|China|Spain|Egypt]?",
    "[what colour|what sound|which colour] [is|does] a {z}[ make|]?",
    "[what is|what's] the opposite of [a |] {z}?",
    "[should I|must I|can I|why should I] [buy|sell|eat|keep|open|fix|love|read] [the|a|my|this] {x}?",
    "[is|are] [the {x}|{z}|{n}|{p}] [dangerous|healthy|expensive|famous|important|beautiful|safe|rich]?",
    "[what happens|what happened|what will happen] [when|if|after] [the {x}|{n}] [breaks|leaves|falls|burns|wins|stops]?",
    "[which|what] {x} [is best|is better|should I buy|do you like|costs less|is the fastest]?",
    "[my|the] {x} [is broken|does not work|is lost|is gone|makes a noise|is too heavy], what [now|should I do|can I do]?",
    "[what|where|when|who] [did|does|is|was] {n} [eat|say|buy|doing|going|born] [yesterday|today|last week|in {p}|]?",
)


def unknown(rng: Random, held_out: bool) -> Dialogue:
    """Ask about something that the starter was not taught; it must say so."""
    question = ask(
        rng, held_out, UNKNOWN_PATTERNS,
        x=rng.choice(NOUNS) if rng.random() < 0.75 else nonsense(rng), z=nonsense(rng),
        a=rng.choice(ADJECTIVES), p=rng.choice(PLACES), n=rng.choice(NAMES),
        c=rng.choice(NO_CAPITAL), d=str(rng.randint(2, 999)), e=str(rng.randint(2, 99)),
    )  # fmt: skip
    return dialogue("unknown", question, UNKNOWN)


MY_NAME = (
    "[my name is|I am called|I'm|they call me|people call me|you can call me|call me] {x}[.|!| and I am new here.|]",
    "[hello|hi|hey|good morning|good evening], [my name is|I'm|I am called|this is|call me] {x}[.|!|]",
    "[remember|please remember|note]: my name is {x}[.|]",
)
WHICH_NAME = (
    "[what is|what's|tell me|say|do you know|do you remember|can you say|please say|repeat] my name[?| again?| now?|, please?]",
    "[who am I|what am I called|how am I called|what was my name|do you know who I am|what name did I give you|which name is mine][?| again?]",
)


def name_memory(rng: Random, held_out: bool) -> Dialogue:
    """Give a name and ask for it a turn later, now and then with another turn in between."""
    name = rng.choice(NAMES) if rng.random() < 0.6 else nonsense(rng).capitalize()
    texts = [ask(rng, held_out, MY_NAME, x=name), f"Nice to meet you, {name}."]
    if rng.random() < 0.3:
        between = small_talk(rng, False, rng.choice(("feel", "can", "who", "glad")))
        texts += [between.messages[0]["content"], between.expect]
    texts += [ask(rng, held_out, WHICH_NAME), f"Your name is {name}."]
    return dialogue("name", *texts)


def met(rng: Random, held_out: bool) -> Dialogue:
    """Give a name and be greeted by it."""
    name = rng.choice(NAMES) if rng.random() < 0.7 else nonsense(rng).capitalize()
    return dialogue(
        "met", ask(rng, held_out, MY_NAME, x=fold(rng, name)).replace(name.lower(), name),
        f"Nice to meet you, {name}.",
    )  # fmt: skip
