from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "add_months_clamped": Meant(by="claude", result=["2024-02-29", "2024-02-29", "2025-02-28"]),
    "compact_notation": Meant(by="claude", result=["950", "12.3K", "7.8M", "2.5B"]),
    "compound_interest": Meant(
        by="gemini", console="Year 1: $1050.00\nYear 2: $1102.50\nYear 3: $1157.63"
    ),
    "currency_de": Meant(by="claude", result=["1.234.567,89 €", "-42,00 €", "0,50 €"]),
    "currency_sv": Meant(by="gemini", result="1 234 567 kr"),
    "currency_us": Meant(by="gpt", result="Total: $4,980.00"),
    "date_es": Meant(by="gpt", result="10 de marzo de 2024"),
    "date_fr": Meant(by="mistral", result="mercredi 14 août 2024"),
    "date_gb_short": Meant(by="claude", result=["05/01/2024", "25/12/2024"]),
    "date_ja": Meant(by="qwen", result="2024年3月10日"),
    "days_between": Meant(
        by="gpt",
        result=[
            {"id": "A-1002", "days": 80},
            {"id": "A-1005", "days": 40},
            {"id": "A-1008", "days": 9},
        ],
    ),
    "default_locale_date": Meant(by="llama", console="1/15/2024\n1/15/2024"),
    "dst_berlin": Meant(by="claude", result=["01:59", "03:30"]),
    "format_to_parts": Meant(by="claude", result="2024-04-06 01:20"),
    "grouped_numbers": Meant(by="llama", console="9,876,543.21\n9,876,543.21\n25.6%"),
    "iso_local_date_sv": Meant(by="gpt", result=["2024-03-01", "2024-02-29"]),
    "iso_week": Meant(by="gpt", result=[1, 1, 52]),
    "long_date_us": Meant(by="gpt", result="Wednesday, February 14, 2024"),
    "month_names": Meant(by="gemini", result="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    "rounding": Meant(
        by="deepseek",
        result={"a": 1.01, "b": "0.30", "c": "1234.57", "d": "11111111", "e": 255, "f": "5e-7"},
    ),
    "time_zone_new_york": Meant(by="claude", result="Feb 29, 2024, 6:30 PM"),
    "unit_style": Meant(by="gpt", result=["120 km/h", "64 MB"]),
}
