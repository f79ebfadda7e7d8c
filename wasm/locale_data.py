"""Locale data for the guest, from `babel` (CLDR): texts that the prelude looks up by name.

A record is named `<locale>/<what>`, as in `de/month`. The record of a country stands only where it
says something else than its language does; `chain/<locale>` says where to look, in turn. Records
without a locale are the same for all. Fields are between tabs, and lists between newlines.
"""

from __future__ import annotations

import copy
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from babel import core, localedata

import date_data
import zone_data

LOCALES = [
    "en-US", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ", "da-DK", "de-DE", "de-AT",
    "de-CH", "es-ES", "es-MX", "fi-FI", "fr-FR", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL",
    "pl-PL", "pt-BR", "sv-SE", "zh-CN",
]  # fmt: skip
UNITS = [
    "acre", "bit", "byte", "celsius", "centimeter", "day", "degree", "fahrenheit",
    "fluid-ounce", "foot", "gallon", "gigabit", "gigabyte", "gram", "hectare", "hour", "inch",
    "kilobit", "kilobyte", "kilogram", "kilometer", "liter", "megabit", "megabyte", "meter",
    "microsecond", "mile", "mile-scandinavian", "milliliter", "millimeter", "millisecond",
    "minute", "month", "nanosecond", "ounce", "percent", "petabyte", "pound", "second", "stone",
    "terabit", "terabyte", "week", "yard", "year",
]  # fmt: skip
_PAIRS = (  # what CLDR has a name for as a whole
    "kilometer-per-hour", "meter-per-second", "mile-per-hour", "mile-per-gallon",
    "liter-per-kilometer",
)  # fmt: skip
RELATIVE = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_PLURALS = ("zero", "one", "two", "few", "many", "other")
_NAMES = {"zh-CN": "zh_Hans_CN"}  # of locales that babel calls something else
LENGTHS = ("long", "short", "narrow")

# Facts of CLDR that babel does not keep.
_FEW_GROUPS = ("es", "it", "pl")  # group only from five digits on
_MANY_GROUPS = ("es-MX",)
_SYMBOLS = {"de-AT": {"group": "\xa0"}}
_NARROW = (
    "AFN:؋ AMD:֏ AOA:Kz ARS:$ AUD:$ AZN:₼ BAM:KM BBD:$ BDT:৳ BMD:$ BND:$ BOB:Bs BRL:R$ BSD:$ BWP:P "
    "BYN:р. BZD:$ CAD:$ CLP:$ CNY:¥ COP:$ CRC:₡ CUP:$ CZK:Kč DKK:kr DOP:$ EGP:E£ EUR:€ FJD:$ FKP:£ "
    "GBP:£ GEL:₾ GHS:GH₵ GIP:£ GNF:FG GTQ:Q GYD:$ HKD:$ HNL:L HUF:Ft IDR:Rp ILS:₪ INR:₹ ISK:kr "
    "JMD:$ JPY:¥ KGS:⃀ KHR:៛ KMF:CF KPW:₩ KRW:₩ KYD:$ KZT:₸ LAK:₭ LBP:L£ LKR:Rs LRD:$ MGA:Ar MMK:K "
    "MNT:₮ MUR:Rs MXN:$ MYR:RM NAD:$ NGN:₦ NIO:C$ NOK:kr NPR:Rs NZD:$ PHP:₱ PKR:Rs PLN:zł PYG:₲ "
    "RON:L RUB:₽ RWF:RF SBD:$ SEK:kr SGD:$ SHP:£ SRD:$ SSP:£ STN:Db SYP:£ THB:฿ TOP:T$ TRY:₺ TTD:$ "
    "TWD:$ UAH:₴ USD:$ UYU:$ VND:₫ XCD:$ ZAR:R ZMW:ZK"
)
NARROW = dict(item.split(":") for item in _NARROW.split())


def records() -> dict[str, str]:
    """All records, those of time zones too."""
    out = {"locales": " ".join(LOCALES), "zones": " ".join(zone_data.zone_names())}
    out |= {"units": " ".join(UNITS), "currencies": " ".join(currencies())}
    out |= {f"digits/{code}": digits for code, digits in _digits().items()}
    out |= {f"narrow/{code}": symbol for code, symbol in NARROW.items()}
    zones = zone_data.zone_records()
    numbers = {record: index for index, record in enumerate(sorted(set(zones.values())))}
    out |= {f"time/{index}": record for record, index in numbers.items()}
    for name, record in zones.items():
        out[f"zone/{name.lower()}"] = f"{name}\t{numbers[record]}\t{_meta_zone(name)}"
    made: dict[str, dict[str, str]] = {}
    for tag in sorted({*LOCALES, *(tag.partition("-")[0] for tag in LOCALES)}):
        chain = _chain(tag)
        out[f"chain/{tag}"] = " ".join(chain)
        for link in chain:
            made.setdefault(link, dict(_locale_records(link)))
    for tag, mine in made.items():
        above = _chain(tag)[1:]
        theirs = made[above[0]] if above else {}
        missing = theirs.keys() - mine.keys()
        assert not missing, (tag, missing)
        out |= {f"{tag}/{what}": text for what, text in mine.items() if theirs.get(what) != text}
    return out


_TABLE = re.compile(r"((?:[^/]+/)?(?:money|unit|relative|meta|city)|digits|narrow|time|zone)/(.+)")


def pack(texts: Mapping[str, str]) -> bytes:
    """Records as the guest searches them: their number, where each ends, then all in order.

    Each is its name, a zero byte and its text, in UTF-8. Those that come in numbers are lines of a
    table, so that they need no place in the index: a key, a tab and the text, in which vertical
    tabs stand for newlines.
    """
    whole: dict[str, str] = {}
    for name in sorted(texts):
        if found := _TABLE.fullmatch(name):
            line = f"{found[2]}\t{texts[name]}".replace("\n", "\v")
            whole[found[1]] = whole.get(found[1], "") + line + "\n"
        else:
            whole[name] = texts[name]
    items = sorted((name.encode(), text.encode()) for name, text in whole.items())
    contents = [name + b"\0" + text for name, text in items]
    ends, end = [], 0
    for content in contents:
        end += len(content)
        ends.append(end)
    return struct.pack(f"<{len(ends) + 1}I", len(ends), *ends) + b"".join(contents)


def currencies() -> list[str]:
    """The currencies that are money somewhere today."""
    today = date(2026, 1, 1)
    used = {
        code
        for spans in core.get_global("territory_currencies").values()
        for code, _, until, tender in spans
        if tender and (until is None or date(*until) > today)
    }
    return sorted(used)


def _digits() -> dict[str, str]:
    """Digits after the point, of the currencies that do not have two."""
    fractions = core.get_global("currency_fractions")
    # ISO 4217 has two for these, in which CLDR shows none.
    return {
        code: str(digits[0])
        for code, digits in fractions.items()
        if digits[0] != 2 and code in currencies()
    }


def _meta_zone(name: str) -> str:
    zones = core.get_global("meta_zones")
    aliases = core.get_global("zone_aliases")
    same = [name, aliases.get(name, ""), *(old for old, new in aliases.items() if new == name)]
    return next((zones[one] for one in same if one in zones), "")


def _chain(tag: str) -> list[str]:
    """A locale and those that it takes from, the language last."""
    chain = [tag]
    while "-" in chain[-1]:
        name = chain[-1].replace("-", "_")
        parent = core.get_global("parent_exceptions").get(name) or name.rpartition("_")[0]
        chain.append(parent.replace("_", "-"))
    return chain


def _locale_records(tag: str) -> Iterator[tuple[str, str]]:
    name = _NAMES.get(tag, tag.replace("-", "_"))
    locale = core.Locale.parse(name)
    # A copy: to follow an alias writes what it leads to into data that other locales share.
    loaded: Any = copy.deepcopy(localedata.load(name))
    data = localedata.LocaleDataDict(loaded)
    yield from _number_records(tag, data)
    yield from _currency_records(data)
    yield from _unit_records(data)
    yield from _word_records(data)
    yield from date_data.date_records(tag, data)
    yield from date_data.zone_records(tag, data)
    yield "plural", _rules(locale.plural_form)
    yield "ordinal", _rules(locale.ordinal_form)


def _rules(rule: Any) -> str:
    return "\n".join(f"{name}:{text}" for name, text in rule.rules.items())


def _number_records(tag: str, data: Any) -> Iterator[tuple[str, str]]:
    symbols = {**dict(data["number_symbols"]["latn"]), **_SYMBOLS.get(tag, {})}
    names = [
        "decimal",
        "group",
        "percentSign",
        "plusSign",
        "minusSign",
        "exponential",
        "infinity",
        "nan",
    ]
    few = tag not in _MANY_GROUPS and (
        tag in _FEW_GROUPS or tag.split("-", maxsplit=1)[0] in _FEW_GROUPS
    )
    money = data["currency_formats"]
    above = localedata.load(tag.split("-", maxsplit=1)[0])["currency_formats"]
    same = getattr(above["accounting"], "pattern", None) in {above["standard"].pattern, None}
    patterns = [
        data["decimal_formats"][None], data["percent_formats"][None], money["standard"],
        money["standard" if same else "accounting"],
    ]  # fmt: skip
    shown = [symbols[name] for name in names] + [pattern.pattern for pattern in patterns]
    # Switzerland and Austria write money with other marks than plain numbers.
    shown += [symbols.get("currencyDecimal", ""), symbols.get("currencyGroup", "")]
    yield "number", "\t".join([*shown, "2" if few else "1"])
    compact = data["compact_decimal_formats"]
    for length in ("short", "long"):
        yield f"compact/{length}", _compact(compact.get(length, compact["short"]))
    texts = _compact(data["compact_currency_formats"]["short"])
    yield (
        "compact/currency",
        _symbol_as_in(money["standard"].pattern, texts, moves="-" in tag and tag != "nb-NO"),
    )


def _symbol_as_in(pattern: str, texts: str, *, moves: bool) -> str:
    """Compact patterns with the symbol on the side, and as far away, as in the usual pattern."""
    if moves and pattern.startswith("¤"):
        gap = "\xa0" if pattern.startswith("¤\xa0") else ""
        return re.sub(r"(?<=\t)([^\t\n]*[^\t\n\s])\s*¤(?=[\t\n]|$)", rf"¤{gap}\1", texts)
    return re.sub(r"(?<=[^\s\t])¤(?=[\t\n]|$)", "\xa0¤", texts)


def _compact(forms: Mapping[str, Any]) -> str:
    """A line for each plural form: its name, then patterns from thousands to hundred trillions."""
    lines = {}
    for form in _other_first(set(forms) & set(_PLURALS)):
        # What a form does not say, it says as `other` does.
        known = {**forms["other"], **forms[form]}
        patterns = [known.get(f"1{'0' * zeros}") for zeros in range(3, 15)]
        lines[form] = "\t".join(pattern.pattern if pattern else "0" for pattern in patterns)
    return _forms(lines)


def _other_first(forms: Iterable[str]) -> list[str]:
    return sorted(forms, key=lambda form: (form != "other", form))


def _forms(texts: Mapping[str, str]) -> str:
    """`other` first, then the forms that differ from it: each its name, a tab and its text."""
    return "\n".join(
        f"{form}\t{texts[form]}"
        for form in _other_first(texts)
        if form == "other" or texts[form] != texts["other"]
    )


def _plural_texts(forms: Mapping[str, Any]) -> str:
    plural = {name: text for name, text in forms.items() if name in _PLURALS}
    return _forms(plural) if "other" in plural else ""


def _currency_records(data: Any) -> Iterator[tuple[str, str]]:
    units = data["currency_unit_patterns"]
    yield "named", _plural_texts(dict(units))
    for code in currencies():
        symbol = data["currency_symbols"].get(code, code)
        name = data["currency_names"].get(code, code)
        plural = dict(data["currency_names_plural"].get(code, {}))
        forms = _plural_texts({"other": name, **plural})
        yield f"money/{code}", f"{symbol}\n{forms}"


def _unit_records(data: Any) -> Iterator[tuple[str, str]]:
    patterns = data["unit_patterns"]
    full = {re.sub(r"^[a-z0-9]+-", "", name): name for name in reversed(list(patterns))}
    for length in LENGTHS:
        per = data["compound_unit_patterns"]["per"]
        yield f"per/{length}", per.get(length, per["short"])["compound"]
    for unit in (*UNITS, *_PAIRS):
        forms = [_unit_forms(patterns, full[unit], length) for length in LENGTHS]
        texts = [f"{_plural_texts(form)}\n{form.get('per', '')}" for form in forms]
        yield f"unit/{unit}", "\f".join(texts)


def _unit_forms(patterns: Any, name: str, length: str) -> dict[str, str]:
    """CLDR's fallback: narrow to short, long to short."""
    mine = dict(patterns[name].get(length, {}))
    return mine if "other" in mine else {**dict(patterns[name]["short"]), **mine}


def _word_records(data: Any) -> Iterator[tuple[str, str]]:
    kinds = {"conjunction": "standard", "disjunction": "or", "unit": "unit"}
    for kind, name in kinds.items():
        for length in LENGTHS:
            patterns = _list_patterns(data["list_patterns"], name, length)
            parts = [patterns[part] for part in ("2", "start", "middle", "end")]
            yield f"list/{kind}/{length}", "\t".join(parts)
    for unit in RELATIVE:
        parts = [
            _relative_forms(data["date_fields"], unit, length, way)
            for length in LENGTHS
            for way in _WAYS
        ]
        yield f"relative/{unit}", "\f".join(parts)


_WAYS = ("past", "future")
_NEXT_LENGTH = {"narrow": "short", "short": "long"}


def _list_patterns(patterns: Any, name: str, length: str) -> dict[str, str]:
    """CLDR's fallback: narrow to short to long, and for units to any other list."""
    if length != "long":
        above = _list_patterns(patterns, name, _NEXT_LENGTH[length])
        return {**above, **dict(patterns.get(f"{name}-{length}", {}))}
    above = {} if name == "standard" else _list_patterns(patterns, "standard", "long")
    return {**above, **dict(patterns.get(name, {}))}


def _relative_forms(fields: Any, unit: str, length: str, way: str) -> str:
    field = fields.get(unit if length == "long" else f"{unit}-{length}", {})
    forms = _plural_texts(dict(field.get(way, {})))
    return forms or _relative_forms(fields, unit, _NEXT_LENGTH[length], way)
