"""Column names, in the spellings that people and well-known data sets use, and the field of an example that each one means."""

import re
from collections.abc import Sequence

Fields = dict[str, tuple[str, ...]]
"""The columns that hold each field, the best first."""

# Compared without case, spaces, dashes and underscores. Within a field the first name that a file has is used.
NAMES_BY_FIELD: dict[str, tuple[str, ...]] = {
    "turns": ("messages", "conversations", "conversation", "dialog", "dialogue", "dialogs", "turns", "chat", "contents",
              "对话", "對話"),
    "chosen": ("chosen", "preferredoutput", "preferred", "chosenresponse", "responsechosen", "chosenanswer", "accepted",
               "better", "winner", "win", "responsej"),
    "rejected": ("rejected", "nonpreferredoutput", "dispreferred", "rejectedresponse", "responserejected",
                 "rejectedanswer", "worse", "loser", "lose", "responsek"),
    "thumb": ("ktotag", "thumbs", "thumb", "thumbsup", "isgood", "liked", "desirable", "isdesirable",
              "rating", "feedback", "vote", "reaction", "评价", "反馈"),
    "instruction": ("instruction", "instructions", "指令"),
    "input": ("input", "inputs", "输入", "輸入"),
    "context": ("context", "contexts", "passage", "background", "上下文", "背景"),
    "question": ("question", "questions", "prompt", "prompts", "query", "q", "user", "human", "request", "usermessage",
                 "userinput", "userprompt", "problem", "frage", "pregunta", "domanda", "pergunta", "вопрос", "问题", "提问", "问", "問題", "提問",
                 "質問", "질문"),
    "answer": ("answer", "answers", "completion", "completions", "response", "responses", "output", "outputs", "reply",
               "a", "assistant", "gpt", "bot", "chatbot", "modelresponse", "assistantmessage", "solution", "target",
               "summary", "antwort", "respuesta", "réponse", "risposta", "resposta", "ответ", "答案", "回答", "答", "输出",
               "回复", "回覆", "輸出", "답변"),
    "system": ("system", "systemprompt", "systemmessage", "systeminstruction", "系统提示"),
    "history": ("history", "历史"),
    "tools": ("tools", "functions"),
    "text": ("text", "content", "sentence", "utterance", "document", "article", "body", "paragraph", "story", "review",
             "tweet", "comment", "message", "title", "文本", "内容", "正文", "內容"),
    "label": ("labeltext", "labelname", "label", "labels", "category", "categories", "class", "intent", "sentiment",
              "topic", "tag", "emotion", "标签", "类别", "分类", "標籤", "類別"),
}  # fmt: skip
FIELD_BY_NAME = {name: field for field, names in NAMES_BY_FIELD.items() for name in names}
RANK_BY_NAME = {name: rank for names in NAMES_BY_FIELD.values() for rank, name in enumerate(names)}
QUESTION_NAMES = frozenset(
    (
        "question",
        "questions",
        "q",
        "frage",
        "pregunta",
        "domanda",
        "pergunta",
        "вопрос",
        "问题",
        "提问",
        "问",
        "問題",
        "提問",
        "質問",
        "질문",
    )
)
# A column of one of these names alone is a text to learn; a title or a comment alone is not.
TEXT_NAMES = frozenset(("text", "content", "document", "article", "body", "paragraph", "story", "文本", "内容", "正文"))  # fmt: skip
# Words before a name that change nothing, as in "Customer Question".
SMALL_WORDS = frozenset(("the", "my", "our", "user", "customer", "client", "human", "assistant", "agent", "bot", "ai", "model",
                         "support", "expert", "gold", "reference", "correct", "right", "final", "full", "original",
                         "ticket", "expected", "ideal", "faq"))  # fmt: skip
BETWEEN_WORDS = re.compile(r"[\s_\-.:：]+")


def plain_name(column: str) -> str:
    """Give a column's name as names are compared."""
    return BETWEEN_WORDS.sub("", column.strip("\ufeff").casefold())


def find_name(column: str) -> str:
    """Give the known name in a column's name, or the column's own as names are compared."""
    name = plain_name(column)
    words = [word for word in BETWEEN_WORDS.split(column.strip("\ufeff ").casefold()) if word]
    is_wrapped = len(words) > 1 and SMALL_WORDS.issuperset(words[:-1])
    return words[-1] if name not in FIELD_BY_NAME and is_wrapped else name


def find_fields(columns: Sequence[str]) -> Fields:
    """Give the columns that hold each field that the names tell of."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        if (name := find_name(column)) in FIELD_BY_NAME:
            found.setdefault(FIELD_BY_NAME[name], []).append((RANK_BY_NAME[name], column))
    by_rank = {field: sorted(names, key=lambda one: one[0]) for field, names in found.items()}
    return {field: tuple(name for _, name in names) for field, names in by_rank.items()}
