"""The sample company: units, people, objectives and key results, with where each stands in week ten.

A key result's `path` says how its value moved: "steady", "late" (slow, then fast), "early" (fast, then
flat), "flat" (nothing happens after week three) or "back" (moves the wrong way). `silent` is the week
after which nobody checked in any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Unit:
    """One workbook of the demo."""

    name: str
    level: str
    parent: str
    prefix: str
    champion: str
    manager: str
    number_format: str = "1,234.5"
    time_zone: str = "Europe/Oslo"
    weight: float | None = None


@dataclass(frozen=True)
class KeyResult:
    """One key result: `value` is where it stands in week ten (number, text or bool)."""

    text: str
    owner: str
    measure: str
    uom: str = ""
    start: float | None = None
    target: float | None = None
    value: float | str | bool | None = None
    confidence: float | None = 7
    path: str = "steady"
    percent: bool = False
    milestones: str = ""
    depends_on: str = ""
    status: str = ""
    weight: float | None = None
    silent: int = 10
    comment: str = ""


@dataclass(frozen=True)
class Objective:
    """One objective of a unit, with its key results."""

    unit: str
    text: str
    owner: str
    aligned_to: str = ""
    ambition: str = "Aspirational"
    weight: float | None = None
    why: str = ""
    key_results: tuple[KeyResult, ...] = field(default=())


COMPANY = "Fjell Bikes"

UNITS = (
    Unit(COMPANY, "Company", "", "FB", "Ingrid Solberg", "Ingrid Solberg"),
    Unit("Product", "Department", COMPANY, "PRO", "Lars Nygaard", "Ingrid Solberg"),
    Unit(
        "Growth", "Department", COMPANY, "GRO", "Marta Kowalska", "Ingrid Solberg", "1.234,5", "Europe/Berlin"
    ),
    Unit("Operations", "Department", COMPANY, "OPS", "Tom Becker", "Ingrid Solberg", "1 234,5"),
    Unit("Web Shop", "Team", "Product", "WEB", "Nora Lind", "Lars Nygaard"),
    Unit("Mobile App", "Team", "Product", "APP", "Priya Raman", "Lars Nygaard", time_zone="Asia/Kolkata"),
    Unit("Bike Design", "Team", "Product", "DES", "Erik Dahl", "Lars Nygaard", "1 234,5", weight=2),
    Unit("Marketing", "Team", "Growth", "MKT", "Jonas Weber", "Marta Kowalska", "1.234,5", "Europe/Berlin"),
    Unit(
        "Customer Care", "Team", "Growth", "CARE", "Sofia Rossi", "Marta Kowalska", "1.234,5", "Europe/Rome"
    ),
    Unit(
        "Retail Partners", "Team", "Growth", "RET", "Ben Carter", "Marta Kowalska", time_zone="Europe/London"
    ),
    Unit("Workshop", "Team", "Operations", "WS", "Hanne Berg", "Tom Becker", "1 234,5"),
    Unit("Supply Chain", "Team", "Operations", "SUP", "Aisha Khan", "Tom Becker"),
    Unit("Nora Lind", "Individual", "Web Shop", "NL", "Nora Lind", "Nora Lind"),
    Unit(
        "Jonas Weber",
        "Individual",
        "Marketing",
        "JW",
        "Jonas Weber",
        "Jonas Weber",
        "1.234,5",
        "Europe/Berlin",
    ),
    Unit("Aisha Khan", "Individual", "Supply Chain", "AK", "Aisha Khan", "Tom Becker"),
)

PEOPLE = (
    ("Ingrid Solberg", COMPANY, "", "NO"),
    ("Lars Nygaard", "Product", "Ingrid Solberg", "NO"),
    ("Marta Kowalska", "Growth", "Ingrid Solberg", "DE"),
    ("Tom Becker", "Operations", "Ingrid Solberg", "NO"),
    ("Nora Lind", "Web Shop", "Lars Nygaard", "NO"),
    ("Priya Raman", "Mobile App", "Lars Nygaard", "IN"),
    ("Erik Dahl", "Bike Design", "Lars Nygaard", "NO"),
    ("Jonas Weber", "Marketing", "Marta Kowalska", "DE"),
    ("Sofia Rossi", "Customer Care", "Marta Kowalska", "IT"),
    ("Ben Carter", "Retail Partners", "Marta Kowalska", "GB"),
    ("Hanne Berg", "Workshop", "Tom Becker", "NO"),
    ("Aisha Khan", "Supply Chain", "Tom Becker", "NO"),
    ("Yusuf Demir", "Workshop", "Hanne Berg", "NO"),
    ("Chloe Martin", "Customer Care", "Sofia Rossi", "IT"),
)

K = KeyResult

OBJECTIVES = (
    # Company
    Objective(
        COMPANY,
        "Riders choose us because of what other riders say",
        "Ingrid Solberg",
        why="Recommendations cost nothing and last.",
        key_results=(
            K("Net promoter score from 38 to 55", "Ingrid Solberg", "Increase", "points", 38, 55, 50, 7),
            K("Departments deliver what this needs", "Ingrid Solberg", "Contributors", confidence=6),
        ),
    ),
    Objective(
        COMPANY,
        "A profitable year without discounting",
        "Ingrid Solberg",
        ambition="Committed",
        why="We promised the board.",
        key_results=(
            K(
                "Gross margin at least 34 %",
                "Ingrid Solberg",
                "At least",
                "%",
                None,
                0.34,
                0.335,
                6,
                percent=True,
            ),
            K("Revenue from 41 to 48 million", "Tom Becker", "Increase", "million", 41, 48, 46.4, 8),
            K(
                "Share of bikes sold at list price from 62 % to 80 %",
                "Marta Kowalska",
                "Increase",
                "%",
                0.62,
                0.80,
                0.74,
                6,
                percent=True,
            ),
        ),
    ),
    Objective(
        COMPANY,
        "Nobody waits for a bike in spring",
        "Tom Becker",
        ambition="Committed",
        key_results=(
            K("Median delivery time from 21 to 8 days", "Tom Becker", "Decrease", "days", 21, 8, 13, 5),
            K("Zero serious injuries in our workshops", "Hanne Berg", "At most", "injuries", 0, 0, 0, 9),
        ),
    ),
    # Product
    Objective(
        "Product",
        "Buying a bike online feels as good as in a shop",
        "Lars Nygaard",
        "FB-O1",
        key_results=(
            K(
                "Online conversion from 1.8 % to 3 %",
                "Nora Lind",
                "Increase",
                "%",
                0.018,
                0.03,
                0.0262,
                7,
                percent=True,
            ),
            K(
                "Returns because of the wrong size from 9 % to 4 %",
                "Erik Dahl",
                "Decrease",
                "%",
                0.09,
                0.04,
                0.061,
                5,
                percent=True,
            ),
        ),
    ),
    Objective(
        "Product",
        "Our app is part of every ride",
        "Lars Nygaard",
        "FB-O1-KR2",
        key_results=(
            K(
                "Weekly active riders from 18,000 to 40,000",
                "Priya Raman",
                "Increase",
                "riders",
                18000,
                40000,
                31500,
                7,
            ),
            K("App store rating at least 4.6", "Priya Raman", "At least", "stars", None, 4.6, 4.7, 8),
        ),
    ),
    # Growth
    Objective(
        "Growth",
        "Be the bike people recommend to friends",
        "Marta Kowalska",
        "FB-O1-KR2",
        key_results=(
            K(
                "Referred orders from 6 % to 15 %",
                "Jonas Weber",
                "Increase",
                "%",
                0.06,
                0.15,
                0.11,
                6,
                percent=True,
            ),
            K("First answer to customers within 4 hours", "Sofia Rossi", "At most", "hours", None, 4, 4.5, 6),
        ),
    ),
    Objective(
        "Growth",
        "Sell at the price the bike is worth",
        "Marta Kowalska",
        "FB-O2",
        "Committed",
        key_results=(
            K(
                "Discounted orders from 38 % to 20 %",
                "Ben Carter",
                "Decrease",
                "%",
                0.38,
                0.20,
                0.27,
                5,
                percent=True,
            ),
            K(
                "New price list live in all shops",
                "Ben Carter",
                "Milestone",
                value="Trained",
                confidence=7,
                milestones="Agreed 20%; Trained 40%; Live 40%",
            ),
        ),
    ),
    # Operations
    Objective(
        "Operations",
        "From order to doorstep without a phone call",
        "Tom Becker",
        "FB-O3",
        "Committed",
        key_results=(
            K(
                "Orders delivered on the promised day from 71 % to 95 %",
                "Aisha Khan",
                "Increase",
                "%",
                0.71,
                0.95,
                0.84,
                5,
                path="late",
                percent=True,
            ),
            K("Stock between 30 and 45 days", "Aisha Khan", "Between", "days", 30, 45, 41, 7),
        ),
    ),
    Objective(
        "Operations",
        "Workshops that people fight to work in",
        "Hanne Berg",
        "FB-O3",
        key_results=(
            K(
                "Staff turnover from 24 % to 12 %",
                "Hanne Berg",
                "Decrease",
                "%",
                0.24,
                0.12,
                0.17,
                6,
                percent=True,
            ),
            K("Apprentices hired", "Yusuf Demir", "Increase", "people", 0, 6, 5, 8, path="early"),
        ),
    ),
    # Web Shop
    Objective(
        "Web Shop",
        "Checkout so simple that nobody leaves",
        "Nora Lind",
        "PRO-O1",
        why="Every third basket is lost at the address form.",
        key_results=(
            K(
                "Abandoned baskets from 68 % to 50 %",
                "Nora Lind",
                "Decrease",
                "%",
                0.68,
                0.50,
                0.58,
                6,
                percent=True,
            ),
            K(
                "Seconds to first paint from 3.4 to 1.5",
                "Nora Lind",
                "Decrease",
                "s",
                3.4,
                1.5,
                1.9,
                8,
                path="early",
            ),
            K("Pay by invoice available", "Nora Lind", "Yes/No", value=True, confidence=9),
        ),
    ),
    Objective(
        "Web Shop",
        "Customers find their size at first try",
        "Nora Lind",
        "PRO-O1",
        key_results=(
            K(
                "Size finder used in 60 % of orders",
                "Nora Lind",
                "Increase",
                "%",
                0.0,
                0.60,
                0.21,
                3,
                path="late",
                percent=True,
                status="On track",
                comment="Vendor delivers the new model next month.",
                depends_on="DES-O1-KR2",
            ),
            K(
                "Wrong-size tickets from 140 to 60 a month",
                "Sofia Rossi",
                "Decrease",
                "tickets",
                140,
                60,
                96,
                5,
            ),
        ),
    ),
    # Mobile App
    Objective(
        "Mobile App",
        "Riders open the app before every ride",
        "Priya Raman",
        "PRO-O2",
        key_results=(
            K(
                "Rides recorded from 90,000 to 200,000",
                "Priya Raman",
                "Increase",
                "rides",
                90000,
                200000,
                162000,
                7,
            ),
            K(
                "Crash-free sessions at least 99.5 %",
                "Priya Raman",
                "At least",
                "%",
                None,
                0.995,
                0.9962,
                8,
                percent=True,
            ),
            K(
                "Route planner launched",
                "Priya Raman",
                "Milestone",
                value="Beta",
                confidence=6,
                milestones="Design 20%; Alpha 30%; Beta 30%; Launch 20%",
            ),
        ),
    ),
    Objective(
        "Mobile App",
        "Support tickets answered by the app itself",
        "Priya Raman",
        "PRO-O2",
        key_results=(
            K(
                "Help articles read before a ticket from 12 % to 40 %",
                "Chloe Martin",
                "Increase",
                "%",
                0.12,
                0.40,
                0.30,
                6,
                percent=True,
            ),
            K("Bike diagnosis works for three models", "Erik Dahl", "Increase", "models", 0, 3, 2, 6),
        ),
    ),
    # Bike Design
    Objective(
        "Bike Design",
        "A city bike that fits everybody",
        "Erik Dahl",
        "PRO-O1",
        "Committed",
        key_results=(
            K(
                "Riders between 150 and 200 cm that fit from 71 % to 95 %",
                "Erik Dahl",
                "Increase",
                "%",
                0.71,
                0.95,
                0.90,
                7,
                percent=True,
            ),
            K("Size data published for the web shop", "Erik Dahl", "Yes/No", value=False, confidence=3),
            K("Prototype tested by 50 riders", "Erik Dahl", "Increase", "riders", 0, 50, 46, 8),
        ),
    ),
    Objective(
        "Bike Design",
        "Lighter without costing more",
        "Erik Dahl",
        "FB-O2",
        key_results=(
            K("Frame weight from 2.9 to 2.4 kg", "Erik Dahl", "Decrease", "kg", 2.9, 2.4, 2.55, 6),
            K("Unit cost at most 410", "Erik Dahl", "At most", "€", None, 410, 422, 5),
        ),
    ),
    # Marketing
    Objective(
        "Marketing",
        "Riders tell our story for us",
        "Jonas Weber",
        "GRO-O1",
        key_results=(
            K("Reviews a week from 40 to 120", "Jonas Weber", "Increase", "reviews", 40, 120, 88, 7),
            K("Stories by riders published", "Jonas Weber", "Increase", "stories", 0, 24, 19, 8),
            K(
                "Newsletter opened by 35 %",
                "Jonas Weber",
                "At least",
                "%",
                None,
                0.35,
                0.362,
                7,
                percent=True,
            ),
        ),
    ),
    Objective(
        "Marketing",
        "Spring campaign ready before the snow melts",
        "Jonas Weber",
        "GRO-O2",
        key_results=(
            K(
                "Campaign stages done",
                "Jonas Weber",
                "Milestone",
                value="Filmed",
                confidence=6,
                milestones="Brief 10%; Script 20%; Filmed 40%; Booked 30%",
            ),
            K("Cost of a new customer from 84 to 60", "Jonas Weber", "Decrease", "€", 84, 60, 71, 5),
        ),
    ),
    # Customer Care
    Objective(
        "Customer Care",
        "Every rider feels heard",
        "Sofia Rossi",
        "GRO-O1",
        key_results=(
            K(
                "Satisfaction after contact from 82 % to 92 %",
                "Sofia Rossi",
                "Increase",
                "%",
                0.82,
                0.92,
                0.885,
                7,
                percent=True,
            ),
            K(
                "Tickets solved at first contact from 54 % to 75 %",
                "Chloe Martin",
                "Increase",
                "%",
                0.54,
                0.75,
                0.66,
                6,
                percent=True,
            ),
            K("Hours to first answer at most 4", "Chloe Martin", "At most", "hours", None, 4, 4.5, 6),
        ),
    ),
    Objective(
        "Customer Care",
        "What riders tell us changes the product",
        "Sofia Rossi",
        "GRO-O1",
        key_results=(
            K("Ideas from tickets shipped", "Sofia Rossi", "Increase", "ideas", 0, 10, 6, 6, silent=6),
            K("Tickets a week", "Chloe Martin", "KPI", "tickets", 300, 500, 412, None),
        ),
    ),
    # Retail Partners
    Objective(
        "Retail Partners",
        "Shops love to sell us at list price",
        "Ben Carter",
        "GRO-O2",
        "Committed",
        key_results=(
            K("Partner shops from 64 to 90", "Ben Carter", "Increase", "shops", 64, 90, 79, 6),
            K(
                "Partners trained on the new price list",
                "Ben Carter",
                "Increase",
                "%",
                0.0,
                1.0,
                0.7,
                7,
                percent=True,
            ),
        ),
    ),
    Objective(
        "Retail Partners",
        "Test rides in every town",
        "Ben Carter",
        "GRO-O1",
        key_results=(
            K(
                "Test rides a month from 210 to 600",
                "Ben Carter",
                "Increase",
                "rides",
                210,
                600,
                240,
                4,
                path="flat",
                status="On track",
                silent=7,
            ),
            K(
                "Towns with a demo fleet",
                "Ben Carter",
                "Increase",
                "towns",
                3,
                12,
                5,
                4,
                path="flat",
                silent=7,
            ),
        ),
    ),
    # Workshop
    Objective(
        "Workshop",
        "Repairs done while you drink a coffee",
        "Hanne Berg",
        "OPS-O2",
        key_results=(
            K("Median repair time from 190 to 60 minutes", "Hanne Berg", "Decrease", "min", 190, 60, 96, 6),
            K(
                "Repairs that come back from 7 % to 2 %",
                "Yusuf Demir",
                "Decrease",
                "%",
                0.07,
                0.02,
                0.041,
                5,
                percent=True,
            ),
            K(
                "Parts at hand when needed from 80 % to 97 %",
                "Yusuf Demir",
                "Increase",
                "%",
                0.80,
                0.97,
                0.91,
                6,
                percent=True,
                depends_on="SUP-O1-KR1",
            ),
        ),
    ),
    Objective(
        "Workshop",
        "Nobody gets hurt",
        "Hanne Berg",
        "FB-O3",
        "Committed",
        key_results=(
            K("Accidents with lost time", "Hanne Berg", "At most", "accidents", 2, 0, 0, 9),
            K("Near misses reported from 2 to 20", "Yusuf Demir", "Increase", "reports", 2, 20, 17, 8),
        ),
    ),
    # Supply Chain
    Objective(
        "Supply Chain",
        "Parts arrive before they are missed",
        "Aisha Khan",
        "OPS-O1",
        "Committed",
        key_results=(
            K(
                "Late supplier deliveries from 22 % to 8 %",
                "Aisha Khan",
                "Decrease",
                "%",
                0.22,
                0.08,
                0.15,
                4,
                path="late",
                percent=True,
                comment="Port strike; two suppliers moved to rail.",
            ),
            K(
                "Suppliers with a second source from 30 % to 80 %",
                "Aisha Khan",
                "Increase",
                "%",
                0.30,
                0.80,
                0.62,
                6,
                percent=True,
            ),
            K("Forecast error at most 12 %", "Aisha Khan", "At most", "%", None, 0.12, 0.14, 5, percent=True),
        ),
    ),
    Objective(
        "Supply Chain",
        "Freight that we can defend",
        "Aisha Khan",
        "FB-O2",
        key_results=(
            K(
                "Freight cost a bike from 58 to 49",
                "Aisha Khan",
                "Decrease",
                "€",
                58,
                49,
                61,
                3,
                path="back",
                comment="Rates went up again.",
            ),
            K(
                "Air freight share from 11 % to 3 %",
                "Aisha Khan",
                "Decrease",
                "%",
                0.11,
                0.03,
                0.065,
                5,
                percent=True,
            ),
        ),
    ),
    # Individuals
    Objective(
        "Nora Lind",
        "Make checkout my masterpiece",
        "Nora Lind",
        "WEB-O1",
        key_results=(
            K("User tests run", "Nora Lind", "Increase", "tests", 0, 12, 9, 8),
            K("Checkout bugs open at most 5", "Nora Lind", "At most", "bugs", None, 5, 4, 8),
        ),
    ),
    Objective(
        "Jonas Weber",
        "Learn to tell stories on film",
        "Jonas Weber",
        "MKT-O1",
        key_results=(
            K("Films published", "Jonas Weber", "Increase", "films", 0, 4, 2, 6),
            K("Course finished", "Jonas Weber", "Yes/No", value=True, confidence=9),
        ),
    ),
    Objective(
        "Aisha Khan",
        "Know every supplier by name",
        "Aisha Khan",
        "SUP-O1",
        key_results=(
            K("Supplier visits", "Aisha Khan", "Increase", "visits", 0, 10, 7, 7),
            K(
                "Negotiation training",
                "Aisha Khan",
                "Milestone",
                value="Booked",
                confidence=7,
                milestones="Chosen; Booked; Attended",
            ),
        ),
    ),
)
