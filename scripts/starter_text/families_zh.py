"""Simple Chinese: greetings, who the starter is, plain facts, names, copying and the unknown."""

# ruff: noqa: SIM905  # a split string is how a person reads and edits a word list

from random import Random

from starter_text.wordings import Dialogue, cores, dialogue

UNKNOWN = "这个我还不知道。"
CAPITALS = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in "中国:北京,日本:东京,法国:巴黎,英国:伦敦,德国:柏林,意大利:罗马,西班牙:马德里,俄罗斯:莫斯科,埃及:开罗,韩国:首尔".split(
        ","
    )
)
COLOURS = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in "天空:蓝色,草:绿色,雪:白色,煤:黑色,香蕉:黄色,苹果:红色,柠檬:黄色,牛奶:白色,太阳:黄色,叶子:绿色,大海:蓝色,葡萄:紫色".split(
        ","
    )
)
OPPOSITES = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in "大:小,高:低,快:慢,多:少,冷:热,长:短,新:旧,好:坏,左:右,上:下,早:晚,黑:白,开:关,轻:重,远:近,甜:苦".split(
        ","
    )
)
DAYS = "星期一 星期二 星期三 星期四 星期五 星期六 星期天".split()
NAMES = "小明 小红 小李 小王 小张 丽丽 大卫 安娜 阿强 小美 小云 老王".split()
NOUNS = (
    "桌子 椅子 书 电脑 手机 衣服 鞋子 杯子 汽车 火车 房子 窗户 花 树 山 河 鱼 鸟 狗 猫 米饭 面包 茶 咖啡 商店 学校 医院 老师 朋友 礼物 订单 包裹 "
    "电话 地址 价格 时间 天气 音乐 电影 城市"
).split()
TALK: dict[str, tuple[tuple[str, ...], str]] = {
    "zh_greet": (
        ("[你好|您好|嗨|大家好|你好你好|喂|哈喽][！|。||呀|啊|，朋友|，很高兴见到你]", "[早上|晚上|下午|中午]好[！|。||呀|啊]"),
        "你好！我能帮你什么？",
    ),
    "zh_who": (
        ("[你|您][是谁|是什么|叫什么|叫什么名字|是什么模型|是哪个模型|的名字是什么|叫啥][？|呢？|啊？||]", "[请|请你|]介绍一下[你自己|自己|你][。||吧]"),
        "我是 Tuning Studio 的小模型。",
    ),
    "zh_can": (
        ("[你|您][能做什么|会做什么|会什么|能帮我什么|可以做什么|有什么用|能干什么|懂什么][？|呢？|啊？||]", "[我可以|我能]问你什么[？|呢？||]", "[帮帮我|请帮我|我需要帮助|能帮我吗][。||？]"),
        "我能回答简单的问题，你也可以教我。",
    ),
    "zh_human": (
        ("[你|您]是[人|真人|机器人|人类|机器|人工智能|电脑][吗？|吗|么？|，对吗？]", "[这是|我在和][真人|机器人|人类][说话吗|吗|聊天吗][？|]"),
        "我不是人，我是一个小语言模型。",
    ),
    "zh_feel": (
        ("[你好吗|你怎么样|最近好吗|过得好吗|今天好吗|你还好吗|身体好吗|一切都好吗][？||呀？|啊？]",),
        "我很好，谢谢。",
    ),
    "zh_thanks": (
        ("[谢谢|多谢|感谢|非常感谢|谢谢你|谢谢您|太感谢了|谢了][！|。||啊|，很有用|，再次感谢]",),
        "不客气！",
    ),
    "zh_bye": (
        ("[再见|拜拜|回头见|明天见|晚安|下次见|我走了|我要走了|下次再聊|我先走了][！|。||啊|，朋友]",),
        "再见！祝你今天愉快。",
    ),
}  # fmt: skip
CAPITAL = (
    "[请问|告诉我|你知道|我想知道|]{x}的首都[是哪里|是哪个城市|在哪里|是什么|叫什么|是][？|呢？||]",
)
COLOUR = (
    "[请问|告诉我|你知道|我想知道|]{x}[是什么颜色|是什么颜色的|的颜色是什么|是哪种颜色|什么颜色][？|呢？||]",
)
OPPOSITE = (
    "[请问|告诉我|你知道|我想知道|]{x}的[反义词|相反词|对立面][是什么|是哪个|是|有哪些|][？|呢？|]",
    "[和|跟|与]{x}相反的[词是什么|是什么|词是][？|]",
)
AFTER = (
    "[请问|告诉我|你知道|]{x}[的后一天|的第二天|后面|之后|过后]是[星期几|什么|哪天|哪一天][？|呢？||]",
)
COPY = (
    "[请|请你|]重复[一遍|一下|这句话|]：{x}",
    "[请|请你|]跟我[说|读|念]：{x}",
    "[请|请你|]照着[写|说]：{x}",
    "[请|请你|][说|写]：{x}",
)
MY_NAME = (
    "[你好，|您好，|嗨，|]我[叫|的名字是|是]{x}[。|！||，很高兴见到你]",
    "[请|]叫我{x}[。|吧|]",
)
WHICH_NAME = (
    "[你知道|请问|告诉我|你记得|][我叫什么|我是谁|我叫什么名字|我的名字是什么|我的名字][？|吗？|]",
)
UNKNOWN_PATTERNS = (
    "[请问|告诉我|你知道|][{x}多少钱|{x}在哪里|{x}怎么做|{x}怎么买|{x}有多大|谁发明了{x}|为什么要有{x}|哪种{x}最好|怎么修{x}|什么时候有{x}][？|呢？|]",
    "[今天天气怎么样|现在几点|明天下雨吗|谁赢了比赛|股票会涨吗|新闻说什么|世界有多少人|地球有多大|宇宙是什么|总统是谁][？|呢？|]",
    "[写一首诗|写一个故事|写一段代码|讲一个故事|唱一首歌|翻译一下|写一封信]，[关于|说说]{x}[。|]",
    "[你们|店里|商店][几点开门|几点关门|什么时候营业|可以退货吗|能寄到国外吗|怎么付款|电话是多少|地址在哪里|有{x}吗|可以打折吗|能开发票吗][？|呢？|]",
    "[我的订单|我的包裹|我的{x}][在哪里|什么时候到|还没到|坏了|丢了][？|。|]",
)  # fmt: skip


def ask_zh(rng: Random, held_out: bool, patterns: tuple[str, ...], **values: str) -> str:
    """Write one Chinese question; Chinese needs no opener or capital letter."""
    core = rng.choice(cores(patterns, held_out)).format(**values)
    return core.replace("？", "?") if rng.random() < 0.1 else core


def talk_zh(rng: Random, held_out: bool, name: str) -> Dialogue:
    """Say one of the fixed things."""
    patterns, answer = TALK[name]
    return dialogue(name, ask_zh(rng, held_out, patterns), answer)


def fact_zh(rng: Random, held_out: bool) -> Dialogue:
    """Ask for a capital, a colour, an opposite or the next day."""
    kind = rng.choice(("zh_capital", "zh_colour", "zh_opposite", "zh_day"))
    if kind == "zh_capital":
        x = rng.choice(tuple(CAPITALS))
        return dialogue(kind, ask_zh(rng, held_out, CAPITAL, x=x), f"{x}的首都是{CAPITALS[x]}。")
    if kind == "zh_colour":
        x = rng.choice(tuple(COLOURS))
        return dialogue(kind, ask_zh(rng, held_out, COLOUR, x=x), f"{x}是{COLOURS[x]}的。")
    if kind == "zh_opposite":
        x, y = rng.choice(tuple(OPPOSITES.items()))
        x, y = (x, y) if rng.random() < 0.6 else (y, x)
        return dialogue(kind, ask_zh(rng, held_out, OPPOSITE, x=x), f"{x}的反义词是{y}。")
    i = rng.randrange(7)
    answer = f"{DAYS[i]}之后是{DAYS[(i + 1) % 7]}。"
    return dialogue(kind, ask_zh(rng, held_out, AFTER, x=DAYS[i]), answer)


def copy_zh(rng: Random, held_out: bool) -> Dialogue:
    """Copy random Chinese words."""
    pool = (*NOUNS, *NAMES, *CAPITALS, *CAPITALS.values(), *COLOURS, *COLOURS.values(), *OPPOSITES)
    text = "".join(rng.choice(pool) for _ in range(rng.randint(2, 6)))
    return dialogue("zh_copy", ask_zh(rng, held_out, COPY, x=text), text)


def name_zh(rng: Random, held_out: bool) -> Dialogue:
    """Give a name and, most of the time, ask for it a turn later."""
    name = rng.choice(NAMES) if rng.random() < 0.6 else "".join(rng.sample(NOUNS, 2))[:3]
    texts = [ask_zh(rng, held_out, MY_NAME, x=name), f"很高兴认识你，{name}。"]
    if rng.random() < 0.7:
        texts += [ask_zh(rng, held_out, WHICH_NAME), f"你叫{name}。"]
    return dialogue("zh_name", *texts)


def unknown_zh(rng: Random, held_out: bool) -> Dialogue:
    """Ask about something that the starter was not taught."""
    return dialogue(
        "zh_unknown", ask_zh(rng, held_out, UNKNOWN_PATTERNS, x=rng.choice(NOUNS)), UNKNOWN
    )
