"""Three permit items with small checklists, so that a new instance can be tried at once. An office brings its own."""

from inspection.model.catalogue import Check, Checklist, Item

Texts = tuple[str, str]


def _both(texts: Texts) -> dict[str, str]:
    return {"zh-CN": texts[0], "en": texts[1]}


def _check(id: str, title: Texts, guidance: Texts, required: bool = True) -> Check:
    return Check(id, _both(title), _both(guidance), required)


FOOD = (
    _check(
        "front",
        ("门头与地址", "Front and address"),
        (
            "站在街对面拍门头，再走近拍门牌号。",
            "Film the front from across the street, then the house number close up.",
        ),
    ),
    _check(
        "layout",
        ("生熟分开的布局", "Raw and cooked apart"),
        ("从入口慢慢走到后厨，停在每个操作台前。", "Walk slowly from the door to the kitchen; stop at each worktop."),
    ),
    _check(
        "water",
        ("洗手与清洗水池", "Basins for hands and for food"),
        ("打开每个水龙头，让水流几秒钟。", "Turn on each tap and let it run for a few seconds."),
    ),
    _check(
        "cold",
        ("冷藏冷冻温度", "Temperature of fridges and freezers"),
        ("把镜头对准温度显示，停三秒。", "Point at the temperature display and hold for three seconds."),
    ),
    _check(
        "pests",
        ("防鼠防蝇设施", "Against rats and flies"),
        ("拍门下缝隙、纱窗和排水口。", "Film the gap under the door, the screens and the drains."),
    ),
    _check(
        "smoke",
        ("油烟净化设备", "Fume extraction"),
        ("打开设备，拍铭牌和出风口。", "Switch it on; film its plate and the outlet."),
        required=False,
    ),
)
VENUE = (
    _check(
        "entrance",
        ("出入口与疏散通道", "Entrances and ways out"),
        ("从门口走到每个安全出口，打开门。", "Walk from the entrance to each emergency exit and open its door."),
    ),
    _check(
        "air",
        ("通风与空调", "Ventilation and air conditioning"),
        ("拍通风口和开关，用纸条试风。", "Film the vents and switches; hold a strip of paper to the air flow."),
    ),
    _check(
        "laundry",
        ("用品清洗消毒间", "Cleaning and disinfecting room"),
        ("拍消毒设备、洗池和存放柜。", "Film the disinfecting unit, the basins and the storage cabinet."),
    ),
    _check(
        "notice",
        ("公示与健康证明", "Notices and health certificates"),
        ("对准墙上的公示栏，停三秒。", "Point at the notice board and hold for three seconds."),
        required=False,
    ),
)
SIGNBOARD = (
    _check(
        "whole",
        ("设施全貌与周边", "The whole sign and its surroundings"),
        ("退后到能看见整个立面，再慢慢左右移动。", "Step back until the whole front is seen, then pan slowly."),
    ),
    _check(
        "size",
        ("尺寸与离地高度", "Size and height above ground"),
        ("把卷尺放在边上，对准读数。", "Hold a tape measure to its edge and film the reading."),
    ),
    _check(
        "fixing",
        ("固定与结构安全", "Fixings and structure"),
        ("拍每个固定点，靠近螺栓和焊缝。", "Film each fixing, bolts and welds close up."),
    ),
    _check(
        "power",
        ("用电与照明", "Power and lighting"),
        ("拍配电箱和线路入口。", "Film the switch box and where the cable enters."),
        required=False,
    ),
)

ITEMS = (
    Item(
        "food",
        "TK-SPJY-01",
        _both(("食品经营许可（餐饮）", "Food service licence")),
        _both(("市场监督管理局", "Market Supervision Bureau")),
        20,
        7,
        Checklist("food", 1, FOOD),
    ),
    Item(
        "venue",
        "TK-GGCS-01",
        _both(("公共场所卫生许可", "Public venue hygiene licence")),
        _both(("卫生健康局", "Health Bureau")),
        20,
        5,
        Checklist("venue", 1, VENUE),
    ),
    Item(
        "signboard",
        "TK-HWGG-01",
        _both(("户外广告设施设置许可", "Outdoor sign permit")),
        _both(("城市管理局", "City Administration Bureau")),
        15,
        5,
        Checklist("signboard", 1, SIGNBOARD),
    ),
)
