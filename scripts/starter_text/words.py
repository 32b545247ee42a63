"""Word lists and tables of plain facts, typed by us; general knowledge, no data set."""

# ruff: noqa: SIM905  # a split string is how a person reads and edits a word list

CAPITALS = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in (
        "France:Paris,Germany:Berlin,Italy:Rome,Spain:Madrid,Japan:Tokyo,China:Beijing,"
        "England:London,Portugal:Lisbon,Greece:Athens,Austria:Vienna,Russia:Moscow,Egypt:Cairo,"
        "Poland:Warsaw,Norway:Oslo,Sweden:Stockholm,Finland:Helsinki,Denmark:Copenhagen,"
        "Ireland:Dublin,Hungary:Budapest,Turkey:Ankara,India:Delhi,Thailand:Bangkok,Cuba:Havana,"
        "Peru:Lima,Chile:Santiago,Canada:Ottawa,Kenya:Nairobi,Belgium:Brussels"
    ).split(",")
)
NO_CAPITAL = (
    "Brazil Mexico Vietnam Nepal Iceland Iran Iraq Ghana Uganda Bolivia Mali Laos Panama Jordan "
    "Florbia Zendar Moravinia Kestonia"
).split()
COLOURS = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in (
        "lemon:yellow,banana:yellow,tomato:red,strawberry:red,cherry:red,grass:green,leaf:green,"
        "frog:green,cucumber:green,sky:blue,sea:blue,snow:white,milk:white,salt:white,coal:black,"
        "raven:black,night:black,carrot:orange,pumpkin:orange,chocolate:brown,bear:brown,mud:brown,"
        "pig:pink,flamingo:pink,elephant:grey,mouse:grey,sun:yellow,blood:red,plum:purple,"
        "cloud:white"
    ).split(",")
)
BARE = {"grass", "snow", "milk", "salt", "coal", "chocolate", "mud", "blood"}
UNIQUE = {"sky", "sea", "sun", "night"}
SOUNDS = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in (
        "cow:moo,dog:woof,cat:meow,sheep:baa,duck:quack,pig:oink,horse:neigh,lion:roar,bee:buzz,"
        "snake:hiss,frog:croak,owl:hoot,mouse:squeak,wolf:howl,hen:cluck,bird:tweet"
    ).split(",")
)
OPPOSITES = dict(
    (pair.split(":")[0], pair.split(":")[1])
    for pair in (
        "hot:cold,big:small,up:down,fast:slow,happy:sad,day:night,open:closed,light:dark,"
        "old:new,early:late,rich:poor,strong:weak,full:empty,hard:soft,loud:quiet,clean:dirty,"
        "left:right,wet:dry,long:short,good:bad,high:low,thick:thin,yes:no,near:far,"
        "first:last,cheap:expensive,deep:shallow,sweet:sour,true:false,love:hate"
    ).split(",")
)
GROUPS = {
    "fruit": "apple banana lemon cherry plum pear peach grape melon orange".split(),
    "vegetable": "carrot potato onion cabbage pumpkin cucumber spinach bean".split(),
    "animal": "cow dog cat sheep duck pig horse lion wolf bear frog".split(),
    "tool": "hammer saw drill spade wrench pliers chisel rake".split(),
    "drink": "water tea coffee milk juice lemonade cocoa beer".split(),
    "vehicle": "car bus train bicycle truck tram ship plane".split(),
    "instrument": "piano guitar violin drum flute trumpet harp cello".split(),
    "garment": "shirt coat hat scarf sock glove jacket skirt".split(),
}
LISTS = {
    "colours": "red, blue, green", "animals": "cat, dog, horse", "fruits": "apple, pear, plum",
    "drinks": "water, tea, milk", "tools": "hammer, saw, drill", "vegetables": "carrot, potato, onion",
    "days": "Monday, Tuesday, Wednesday", "months": "January, February, March",
    "numbers": "one, two, three", "countries": "France, Italy, Japan", "instruments": "piano, guitar, drum",
    "vehicles": "car, bus, train", "cities": "Paris, Rome, Tokyo", "clothes": "shirt, coat, hat",
}  # fmt: skip
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December"
).split()
NAMES = (
    "Ann Tom Maria John Lucy Peter Anna Paul Emma Max Nina Omar Lena Hugo Sara Ivan Ruth Karl Mia "
    "Leo Zoe Adam Eva Sam Kim Lin Wei Yuki Ravi Aisha Diego Clara Felix Greta Ben Alice Bob David "
    "Julia Mark Ella Noah Olga Pavel Rosa Simon Tina Victor Wanda Fatima"
).split()
PLACES = (
    "Rome Paris Madrid Oslo Lima Cairo Vienna Dublin Athens Berlin Leeds Porto Lyon Basel Kyoto "
    "Boston Denver Naples Bristol Geneva Hamburg Toledo Quebec Osaka Turin"
).split()
NOUNS = (
    "apple ball bank basket battery bed bell belt bench bike bird blanket boat book boot bottle box "
    "bread bridge brush bucket button cake camera candle card carpet castle chair cheese clock "
    "coat coffee coin comb computer cookie corner cup curtain desk dish doll door dress drum egg "
    "engine farm fence fire fish flag floor flower fork game garden gate gift glass glove guitar hat "
    "hill hotel house island jacket jar jewel key kitchen kite knife ladder lamp letter library "
    "machine map market mirror money moon mountain needle nest net notebook ocean office oven "
    "painting paper park pen pencil phone piano picture pillow pipe plane plant plate pocket pond "
    "pot radio rain ring river road robot roof room rope rug sail salad sandwich school scissors "
    "shelf ship shirt shoe shop soap sofa song soup spoon stamp star station stone stool storm story "
    "street sugar suit table tea teapot tent theatre ticket toy train tree truck umbrella vase "
    "village violin wagon wall wallet watch water wheel window winter wood wool yard zoo cotton "
    "leather silver gold paint parcel order package product item refund receipt voucher account "
    "password invoice delivery customer store service question answer message address number"
).split()
ADJECTIVES = (
    "red blue green yellow black white small big old new round heavy light warm cold soft wooden "
    "broken clean cheap shiny plain quiet loud sweet fresh lost open empty tall short long dark"
).split()
VERBS = "bought sold found lost painted made broke opened carried washed kept sent ordered".split()
GOOD = (
    "great wonderful lovely excellent perfect delicious amazing beautiful fantastic nice superb "
    "charming brilliant friendly helpful pleasant good"
).split()
BAD = (
    "awful terrible horrible bad boring ugly disgusting rude broken dreadful useless disappointing "
    "nasty poor slow unpleasant dirty"
).split()
THINGS = (
    "soup film book hotel service food waiter room game phone trip show song coffee shop staff "
    "music bed pizza cake meal concert garden train lesson story"
).split()
# Everyday words that the families do not use much; they shape the vocabulary and are copied.
COMMON = (
    "the be to of and in that have it for not on with he as you do at this but his by from they we say her "
    "she or an will my one all would there their what so up out if about who get which go me when make can "
    "like time no just him know take people into year your good some could them see other than then now look "
    "only come its over think also back after use two how our work first well way even new want because any "
    "these give day most us always never often soon today tomorrow yesterday week month hour minute morning "
    "evening night weekend before until during between within under above near every each both few many much "
    "more less least free extra cost price pay paid card cash bank euro euros percent money charge charged "
    "order orders ordered buy sell send sent ship ships shipping deliver delivery post parcel track arrive "
    "arrived late missing wrong broken damaged repair replace return returns refund exchange cancel change "
    "account login password sign email e-mail phone call write letter address street city country abroad "
    "world Europe home house door office shop store open closed close opens closes hours staff team owner "
    "service support help question answer reply message please thanks thank sorry welcome hello dear kind "
    "regards friend customer customers product products item items size sizes colour small large medium "
    "gift wrap wrapped paper box bag ribbon birthday present voucher code discount offer sale stock sold "
    "available wait waiting ready problem error app website page screen update crash crashes slow button "
    "click install download upload file print data invoice receipt bill tax amount total twice double wrong "
    "technical billing general other category label ticket request urgent normal feature bug report team "
    "tea coffee cake bread soap candle lamp wood wool leather glass cotton paint pottery plant seeds flowers "
    "garden kitchen table workshop handmade made hand local fresh warm friendly short clear simple formal "
    "casual sentence word words rewrite note begin end start stop keep add remove tell show find need must "
    "should may might cannot only exactly usually sometimes maybe sure glad happy fine best better nice great "
    "number street road near behind beside opposite corner station market harbour mill river bridge lane "
    "ten eleven twelve twenty thirty fourteen days weeks months years one two three four five six seven eight nine"
).split()
SYLLABLES = (
    "ba be bi bo bu da de do du fa fi fo ga go ka ke ki ko la le lo lu ma me mi mo na ne no pa pi po "
    "ra re ri ro sa se so ta te ti to va ve vo wa za zu blo cra dri flo gru kly pra sno tri vex zon"
).split()


def nonsense(rng) -> str:
    """Make up a word that means nothing."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))
