"""The catalogue that a new instance begins with: three items, each with its acceptance standard."""

from inspection.model.catalogue import Check, Checklist, Item
from inspection.ports import Office


def seed_catalogue(office: Office) -> int:
    """Put the sample items where there is no item yet; how many were put."""
    with office.write() as work:
        if work.items.list():
            return 0
        for item in SAMPLE:
            work.items.put(item)
    return len(SAMPLE)


def _check(id: str, zh: str, en: str, show_zh: str, show_en: str, required: bool = True) -> Check:
    return Check(id, {"zh-CN": zh, "en": en}, {"zh-CN": show_zh, "en": show_en}, required)


FOOD = Checklist(
    "food",
    1,
    (
        _check(
            "address",
            "经营场所与申请地址一致",
            "The premises are at the address applied for",
            "从街面拍摄门牌号和店面全景",
            "From the street, show the house number and the whole front",
        ),
        _check(
            "separation",
            "食品处理区与厕所、污水等污染源保持距离",
            "Food areas keep their distance from toilets, drains and other sources of dirt",
            "从食品处理区走到最近的污染源，中间不停拍",
            "Walk from the food area to the nearest such place without stopping the picture",
        ),
        _check(
            "washing",
            "洗手、清洗、消毒设施齐全并可使用",
            "Basins for hands, washing and disinfection are there and work",
            "打开每个水龙头，拍清池体标识",
            "Open every tap and show the basins' labels",
        ),
        _check(
            "storage",
            "食品与非食品分区存放，离地离墙",
            "Food is stored apart from other goods, off the floor and the walls",
            "沿货架顺时针拍摄，展示底层",
            "Follow the shelves clockwise and show the lowest row",
        ),
        _check(
            "cold",
            "冷藏冷冻设备温度符合要求",
            "Cold stores keep their temperature",
            "靠近温度显示，读出数字",
            "Come close to the thermometer and read it out",
        ),
        _check(
            "pests",
            "防蝇、防鼠、防虫设施完好",
            "Screens against flies, rats and insects are whole",
            "展示门、窗、排水口的防护",
            "Show the screens of doors, windows and drains",
            required=False,
        ),
    ),
)
VENUE = Checklist(
    "venue",
    1,
    (
        _check(
            "exits",
            "疏散通道和安全出口畅通，门向疏散方向开启",
            "Escape routes and exits are clear and their doors open outwards",
            "走完每一条疏散路线直到室外",
            "Walk every escape route until you stand outside",
        ),
        _check(
            "signs",
            "疏散指示标志和应急照明正常",
            "Exit signs and emergency lights work",
            "按下测试按钮，拍摄灯亮",
            "Press the test button and show the lamp lit",
        ),
        _check(
            "extinguishers",
            "灭火器数量充足、压力正常、在有效期内",
            "There are enough extinguishers, charged and within their date",
            "逐个靠近压力表和检修标签",
            "Come close to each gauge and inspection label",
        ),
        _check(
            "hydrants",
            "室内消火栓可用，水带水枪齐全",
            "Hydrants can be used, hose and nozzle are there",
            "打开箱门，展示内部和阀门",
            "Open the cabinet and show its inside and valve",
        ),
        _check(
            "interior",
            "内部装修材料与申报一致",
            "The interior finish is what was declared",
            "顺时针拍摄墙面、顶面和地面",
            "Go clockwise along walls, ceiling and floor",
            required=False,
        ),
    ),
)
SIGN = Checklist(
    "sign",
    1,
    (
        _check(
            "place",
            "设置位置与申请图纸一致",
            "The sign stands where the drawing says",
            "从马路对面拍摄整个立面",
            "Show the whole front from across the street",
        ),
        _check(
            "size",
            "尺寸与申请一致，不超出建筑轮廓",
            "Its size is as applied for and within the outline of the building",
            "用卷尺量宽和高，读出数字",
            "Measure width and height with a tape and read them out",
        ),
        _check(
            "fixing",
            "安装牢固，结构无锈蚀松动",
            "It is firmly fixed, without rust or loose parts",
            "靠近每个固定点",
            "Come close to each fixing point",
        ),
        _check(
            "wiring",
            "电气线路套管保护，接地可靠",
            "Wiring runs in conduit and is earthed",
            "展示电源箱和接地线",
            "Show the supply box and the earth wire",
        ),
    ),
)
SAMPLE = (
    Item(
        "food",
        "SPJY-01",
        {"zh-CN": "食品经营许可", "en": "Food business licence"},
        {"zh-CN": "市场监督管理", "en": "Market supervision"},
        20,
        5,
        FOOD,
    ),
    Item(
        "venue",
        "XFAQ-02",
        {
            "zh-CN": "公众聚集场所投入使用、营业前消防安全检查",
            "en": "Fire safety check of a public venue",
        },
        {"zh-CN": "消防救援", "en": "Fire and rescue"},
        10,
        3,
        VENUE,
        inspectors=2,
    ),
    Item(
        "sign",
        "HWGG-03",
        {"zh-CN": "设置大型户外广告及招牌审批", "en": "Large outdoor advertisement or signboard"},
        {"zh-CN": "城市管理", "en": "City management"},
        10,
        4,
        SIGN,
    ),
)
