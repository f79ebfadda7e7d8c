"""Dates and numbers as people write them: Intl, and the methods `toLocale...` on top of it.

The expected texts are those of ICU 78, as Node 24 shows them; `test_intl_node.py` compares many more
where a Node is at hand.
"""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

from typing import Any

import pytest

from langchain_quickjs.interpreter import Completed, Interpreter
from tests.helpers.scripts import value_of

NUMBERS = {
    "(1234567.891).toLocaleString('sv-SE')": "1\u00a0234\u00a0567,891",
    "(1234567.891).toLocaleString('de-DE')": "1.234.567,891",
    "(1234567.891).toLocaleString('fr-FR')": "1\u202f234\u202f567,891",
    "(1234567.891).toLocaleString('en-IN')": "12,34,567.891",
    "(1234567.891).toLocaleString('ja-JP')": "1,234,567.891",
    "(1234.5).toLocaleString('es-ES')": "1234,5",
    "(12345.5).toLocaleString('es-ES')": "12.345,5",
    "(1234.5).toLocaleString('pl-PL')": "1234,5",
    "(1234567.891).toLocaleString('de-AT')": "1\u00a0234\u00a0567,891",
    "(1234.5).toLocaleString('it-IT')": "1234,5",
    "(0.256).toLocaleString('sv-SE', { style: 'percent' })": "26\u00a0%",
    "(0.256).toLocaleString('en-US', { style: 'percent', maximumFractionDigits: 1 })": "25.6%",
    "(0.256).toLocaleString('fr-FR', { style: 'percent' })": "26\u00a0%",
    "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' })": "$1,234.50",
    "(1234.5).toLocaleString('en-GB', { style: 'currency', currency: 'GBP' })": "£1,234.50",
    "(1234.5).toLocaleString('en-CA', { style: 'currency', currency: 'USD' })": "US$1,234.50",
    "(1234.5).toLocaleString('en-CA', { style: 'currency', currency: 'CAD' })": "$1,234.50",
    "(1234.5).toLocaleString('sv-SE', { style: 'currency', currency: 'SEK' })": "1\u00a0234,50\u00a0kr",
    "(-1234.5).toLocaleString('sv-SE', { style: 'currency', currency: 'EUR' })": "−1\u00a0234,50\u00a0€",
    "(1234.5).toLocaleString('de-DE', { style: 'currency', currency: 'EUR' })": "1.234,50\u00a0€",
    "(1234.5).toLocaleString('de-CH', { style: 'currency', currency: 'CHF', useGrouping: false })": "CHF\u00a01234.50",
    "(1234.5).toLocaleString('fr-FR', { style: 'currency', currency: 'EUR' })": "1\u202f234,50\u00a0€",
    "(1234.5).toLocaleString('es-ES', { style: 'currency', currency: 'EUR' })": "1234,50\u00a0€",
    "(1234.5).toLocaleString('ja-JP', { style: 'currency', currency: 'JPY' })": "￥1,235",
    "(1234567).toLocaleString('en-IN', { style: 'currency', currency: 'INR' })": "₹12,34,567.00",
    "(1234.5).toLocaleString('pt-BR', { style: 'currency', currency: 'BRL' })": "R$\u00a01.234,50",
    "(1234.5).toLocaleString('nl-NL', { style: 'currency', currency: 'EUR' })": "€\u00a01.234,50",
    "(1234.5).toLocaleString('da-DK', { style: 'currency', currency: 'DKK' })": "1.234,50\u00a0kr.",
    "(1234.5).toLocaleString('nb-NO', { style: 'currency', currency: 'NOK' })": "1\u00a0234,50\u00a0kr",
    "(1234.5).toLocaleString('zh-CN', { style: 'currency', currency: 'CNY' })": "¥1,234.50",
    "(1234.5).toLocaleString('ko-KR', { style: 'currency', currency: 'KRW' })": "₩1,235",
    "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'KWD' })": "KWD\u00a01,234.500",
    "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'CHF' })": "CHF\u00a01,234.50",
    "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'EUR', currencyDisplay: 'code' })": "EUR\u00a01,234.50",
    "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'CAD', currencyDisplay: 'narrowSymbol' })": "$1,234.50",
    "(1).toLocaleString('en-US', { style: 'currency', currency: 'USD', currencyDisplay: 'name' })": "1.00 US dollars",
    "(2.5).toLocaleString('sv-SE', { style: 'currency', currency: 'SEK', currencyDisplay: 'name' })": "2,50 svenska kronor",
    "(5).toLocaleString('pl-PL', { style: 'currency', currency: 'PLN', currencyDisplay: 'name', maximumFractionDigits: 0 })": "5 złotych polskich",
    "(-5).toLocaleString('en-US', { style: 'currency', currency: 'USD', currencySign: 'accounting' })": "($5.00)",
    "(-5).toLocaleString('fr-FR', { style: 'currency', currency: 'EUR', currencySign: 'accounting' })": "(5,00\u00a0€)",
    "(5).toLocaleString('en-US', { style: 'currency', currency: 'USD', signDisplay: 'always' })": "+$5.00",
    "(1234567).toLocaleString('en-US', { style: 'currency', currency: 'USD', notation: 'compact' })": "$1.2M",
    "(1234567).toLocaleString('de-DE', { style: 'currency', currency: 'EUR', notation: 'compact' })": "1,2\u00a0Mio.\u00a0€",
    "(99.5).toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })": "$100",
    "(999999).toLocaleString('en-US', { notation: 'compact' })": "1M",
    "(1234).toLocaleString('en-US', { notation: 'compact' })": "1.2K",
    "(1000).toLocaleString('nl-NL', { notation: 'compact' })": "1K",
    "(1000).toLocaleString('it-IT', { notation: 'compact', compactDisplay: 'long' })": "mille",
    "(1500).toLocaleString('it-IT', { notation: 'compact', compactDisplay: 'long' })": "1,5 mila",
    "(15300000000).toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 })": "15.3B",
    "(1234567).toLocaleString('en-US', { notation: 'compact', compactDisplay: 'long' })": "1.2 million",
    "(1234567).toLocaleString('sv-SE', { notation: 'compact', compactDisplay: 'long' })": "1,2 miljoner",
    "(1500000).toLocaleString('de-DE', { notation: 'compact', compactDisplay: 'long' })": "1,5 Millionen",
    "(1000000).toLocaleString('de-DE', { notation: 'compact', compactDisplay: 'long' })": "1 Million",
    "(12345).toLocaleString('ja-JP', { notation: 'compact' })": "1.2万",
    "(123456789).toLocaleString('ja-JP', { notation: 'compact' })": "1.2億",
    "(1234).toLocaleString('de-DE', { notation: 'compact' })": "1234",
    "(1500).toLocaleString('fr-FR', { notation: 'compact' })": "1,5\u00a0k",
    "(123456).toLocaleString('en-US', { notation: 'scientific' })": "1.235E5",
    "(123456).toLocaleString('en-US', { notation: 'engineering' })": "123.456E3",
    "(0.00012).toLocaleString('sv-SE', { notation: 'scientific' })": "1,2×10^−4",
    "(50).toLocaleString('en-US', { style: 'unit', unit: 'kilometer-per-hour' })": "50 km/h",
    "(50).toLocaleString('de-DE', { style: 'unit', unit: 'kilometer-per-hour', unitDisplay: 'long' })": "50 Kilometer pro Stunde",
    "(1).toLocaleString('en-US', { style: 'unit', unit: 'liter', unitDisplay: 'long' })": "1 liter",
    "(16).toLocaleString('en-GB', { style: 'unit', unit: 'liter', unitDisplay: 'long' })": "16 litres",
    "(21.5).toLocaleString('sv-SE', { style: 'unit', unit: 'celsius' })": "21,5 °C",
    "(72).toLocaleString('en-US', { style: 'unit', unit: 'fahrenheit' })": "72°F",
    "(12).toLocaleString('en-US', { style: 'unit', unit: 'megabyte-per-second' })": "12 MB/s",
    "(3).toLocaleString('en-US', { style: 'unit', unit: 'day', unitDisplay: 'long' })": "3 days",
    "(1).toLocaleString('fr-FR', { style: 'unit', unit: 'day', unitDisplay: 'long' })": "1\u00a0jour",
    "(5).toLocaleString('pl-PL', { style: 'unit', unit: 'day', unitDisplay: 'long' })": "5 dni",
    "(45).toLocaleString('en-US', { style: 'unit', unit: 'minute', unitDisplay: 'narrow' })": "45m",
    "(7).toLocaleString('ja-JP', { style: 'unit', unit: 'kilometer', unitDisplay: 'long' })": "7 キロメートル",
    "(1.005).toLocaleString('en-US', { maximumFractionDigits: 2 })": "1.01",
    "(2.5).toLocaleString('en-US', { maximumFractionDigits: 0, roundingMode: 'halfEven' })": "2",
    "(-1.25).toLocaleString('en-US', { maximumFractionDigits: 1, roundingMode: 'ceil' })": "-1.2",
    "(1.23).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingIncrement: 5 })": "1.25",
    "(10).toLocaleString('en-US', { minimumFractionDigits: 2, trailingZeroDisplay: 'stripIfInteger' })": "10",
    "(4.321).toLocaleString('en-US', { maximumFractionDigits: 2, maximumSignificantDigits: 2, roundingPriority: 'morePrecision' })": "4.32",
    "(4.321).toLocaleString('en-US', { maximumFractionDigits: 2, maximumSignificantDigits: 2, roundingPriority: 'lessPrecision' })": "4.3",
    "(123456).toLocaleString('en-US', { maximumSignificantDigits: 2 })": "120,000",
    "(0).toLocaleString('en-US', { minimumSignificantDigits: 3 })": "0.00",
    "(7).toLocaleString('en-US', { minimumIntegerDigits: 2 })": "07",
    "(1234).toLocaleString('en-US', { useGrouping: false })": "1234",
    "(1234).toLocaleString('en-US', { useGrouping: 'min2' })": "1234",
    "(1234).toLocaleString('es-ES', { useGrouping: 'always' })": "1.234",
    "(5).toLocaleString('en-US', { signDisplay: 'exceptZero' })": "+5",
    "(-0).toLocaleString('en-US', { signDisplay: 'negative' })": "0",
    "(-0).toLocaleString('en-US')": "-0",
    "(-5).toLocaleString('sv-SE')": "−5",
    "(NaN).toLocaleString('en-US')": "NaN",
    "(-Infinity).toLocaleString('de-DE')": "-∞",
    "(12345678901234567890n).toLocaleString('sv-SE')": "12\u00a0345\u00a0678\u00a0901\u00a0234\u00a0567\u00a0890",
    "new Intl.NumberFormat('en-US').format('12345678901234567890.12')": "12,345,678,901,234,567,890.12",
    "new Intl.NumberFormat('en-US').format('0x10')": "16",
    "(1e21).toLocaleString('de-DE')": "1.000.000.000.000.000.000.000",
}
DATES = {
    "when.toLocaleString('en-US')": "7/5/2024, 3:07:03 PM",
    "when.toLocaleString('en-GB')": "05/07/2024, 15:07:03",
    "when.toLocaleString('en-CA')": "2024-07-05, 3:07:03 p.m.",
    "when.toLocaleString('sv-SE')": "2024-07-05 15:07:03",
    "when.toLocaleString('de-DE')": "5.7.2024, 15:07:03",
    "when.toLocaleString('fr-FR')": "05/07/2024 15:07:03",
    "when.toLocaleString('es-ES')": "5/7/2024, 15:07:03",
    "when.toLocaleString('ja-JP')": "2024/7/5 15:07:03",
    "when.toLocaleString('it-IT')": "05/07/2024, 15:07:03",
    "when.toLocaleString('nl-NL')": "5-7-2024, 15:07:03",
    "when.toLocaleString('en-US', { dateStyle: 'full', timeStyle: 'long' })": "Friday, July 5, 2024 at 3:07:03 PM UTC",
    "when.toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'short' })": "Friday, 5 July 2024 at 15:07",
    "when.toLocaleString('en-CA', { dateStyle: 'medium', timeStyle: 'short' })": "Jul 5, 2024, 3:07 p.m.",
    "when.toLocaleString('sv-SE', { dateStyle: 'full', timeStyle: 'short' })": "fredag 5 juli 2024 kl. 15:07",
    "when.toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Europe/Stockholm' })": "2024-07-05 17:07",
    "when.toLocaleString('de-DE', { dateStyle: 'full', timeStyle: 'short', timeZone: 'Europe/Berlin' })": "Freitag, 5. Juli 2024 um 17:07",
    "when.toLocaleString('de-AT', { dateStyle: 'long' })": "5. Juli 2024",
    "when.toLocaleString('fr-FR', { dateStyle: 'long', timeStyle: 'medium' })": "5 juillet 2024 à 15:07:03",
    "when.toLocaleString('es-ES', { dateStyle: 'long', timeStyle: 'short' })": "5 de julio de 2024 a las 15:07",
    "when.toLocaleString('ja-JP', { dateStyle: 'full', timeStyle: 'medium', timeZone: 'Asia/Tokyo' })": "2024年7月6日土曜日 0:07:03",
    "when.toLocaleString('ko-KR', { dateStyle: 'long', timeStyle: 'short' })": "2024년 7월 5일 오후 3:07",
    "when.toLocaleString('zh-CN', { dateStyle: 'full' })": "2024年7月5日星期五",
    "when.toLocaleString('pt-BR', { dateStyle: 'full' })": "sexta-feira, 5 de julho de 2024",
    "when.toLocaleString('da-DK', { dateStyle: 'full' })": "fredag den 5. juli 2024",
    "when.toLocaleString('fi-FI', { dateStyle: 'long' })": "5. heinäkuuta 2024",
    "when.toLocaleString('pl-PL', { dateStyle: 'full' })": "piątek, 5 lipca 2024",
    "when.toLocaleString('en-US', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })": "Friday, July 5, 2024",
    "when.toLocaleString('de-DE', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })": "Freitag, 5. Juli 2024",
    "when.toLocaleString('fr-FR', { weekday: 'short', day: 'numeric', month: 'short' })": "ven. 5 juil.",
    "when.toLocaleString('sv-SE', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })": "fre 5 juli 15:07",
    "when.toLocaleString('en-US', { month: 'short', day: 'numeric' })": "Jul 5",
    "when.toLocaleString('en-GB', { month: 'short', day: 'numeric' })": "5 Jul",
    "when.toLocaleString('es-ES', { month: 'long', year: 'numeric' })": "julio de 2024",
    "when.toLocaleString('ja-JP', { month: 'long', year: 'numeric' })": "2024年7月",
    "when.toLocaleString('en-US', { year: 'numeric', month: '2-digit', day: '2-digit' })": "07/05/2024",
    "when.toLocaleString('en-GB', { year: '2-digit', month: '2-digit', day: '2-digit' })": "05/07/24",
    "when.toLocaleString('sv-SE', { month: 'long' })": "juli",
    "when.toLocaleString('pl-PL', { month: 'long' })": "lipiec",
    "when.toLocaleString('pl-PL', { day: 'numeric', month: 'long' })": "5 lipca",
    "when.toLocaleString('en-US', { month: 'narrow' })": "J",
    "when.toLocaleString('en-US', { weekday: 'narrow' })": "F",
    "when.toLocaleString('en-US', { hour: 'numeric' })": "3 PM",
    "when.toLocaleString('en-GB', { hour: 'numeric' })": "15",
    "when.toLocaleString('de-DE', { hour: 'numeric' })": "15 Uhr",
    "when.toLocaleString('ja-JP', { hour: 'numeric', hour12: true })": "午後3時",
    "when.toLocaleString('en-US', { hour: '2-digit', minute: '2-digit', hour12: false })": "15:07",
    "when.toLocaleString('sv-SE', { hour: 'numeric', minute: '2-digit', hour12: true })": "3:07 em",
    "when.toLocaleString('en-US', { hour: 'numeric', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 })": "3:07:03.045 PM",
    "when.toLocaleString('sv-SE', { minute: '2-digit', second: '2-digit', fractionalSecondDigits: 2 })": "07:03,04",
    "when.toLocaleString('en-US', { hour: 'numeric', dayPeriod: 'short' })": "3 in the afternoon",
    "when.toLocaleString('en-US', { year: 'numeric', era: 'short' })": "2024 AD",
    "when.toLocaleString('en-US', { timeZone: 'America/New_York', hour: 'numeric', timeZoneName: 'short' })": "11 AM EDT",
    "when.toLocaleString('en-US', { timeZone: 'America/New_York', hour: 'numeric', timeZoneName: 'long' })": "11 AM Eastern Daylight Time",
    "when.toLocaleString('en-US', { timeZone: 'Asia/Kolkata', hour: 'numeric', minute: 'numeric', timeZoneName: 'short' })": "8:37 PM GMT+5:30",
    "when.toLocaleString('en-US', { timeZone: 'Asia/Kolkata', hour: 'numeric', timeZoneName: 'longOffset' })": "8 PM GMT+05:30",
    "when.toLocaleString('en-GB', { timeZone: 'Europe/London', timeStyle: 'full' })": "16:07:03 British Summer Time",
    "when.toLocaleString('de-DE', { timeZone: 'Europe/Berlin', timeStyle: 'full' })": "17:07:03 Mitteleuropäische Sommerzeit",
    "when.toLocaleString('fr-FR', { timeZone: 'Europe/Paris', timeStyle: 'full' })": "17:07:03 heure d’été d’Europe centrale",
    "when.toLocaleString('sv-SE', { timeZone: 'Europe/Stockholm', timeStyle: 'long' })": "17:07:03 CEST",
    "when.toLocaleString('en-US', { timeZone: 'Australia/Lord_Howe', timeStyle: 'long' })": "1:37:03 AM GMT+10:30",
    "when.toLocaleString('en-US', { timeZone: '+05:30', timeStyle: 'short' })": "8:37 PM",
    "when.toLocaleString('en-US', { timeZone: 'utc', timeStyle: 'long' })": "3:07:03 PM UTC",
}
OTHERS = {
    "new Intl.PluralRules('en').select(1)": "one",
    "new Intl.PluralRules('en', { type: 'ordinal' }).select(3)": "few",
    "new Intl.PluralRules('en', { type: 'ordinal' }).select(11)": "other",
    "new Intl.PluralRules('pl').select(22)": "few",
    "new Intl.PluralRules('ja').select(1)": "other",
    "new Intl.PluralRules('fr').select(0)": "one",
    "new Intl.PluralRules('sv', { minimumFractionDigits: 1 }).select(1)": "other",
    "new Intl.ListFormat('en').format(['a', 'b', 'c'])": "a, b, and c",
    "new Intl.ListFormat('en', { type: 'disjunction' }).format(['a', 'b'])": "a or b",
    "new Intl.ListFormat('sv').format(['a', 'b', 'c'])": "a, b och c",
    "new Intl.ListFormat('es').format(['padre', 'hija', 'hijo', 'Inés'])": "padre, hija, hijo e Inés",
    "new Intl.ListFormat('de', { type: 'unit', style: 'narrow' }).format(['1', '2', '3'])": "1, 2 und 3",
    "new Intl.RelativeTimeFormat('en').format(-3, 'days')": "3 days ago",
    "new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-1, 'day')": "yesterday",
    "new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(1, 'week')": "next week",
    "new Intl.RelativeTimeFormat('en', { style: 'short' }).format(2, 'month')": "in 2 mo.",
    "new Intl.RelativeTimeFormat('sv').format(-1, 'week')": "för 1 vecka sedan",
    "new Intl.RelativeTimeFormat('de').format(1.5, 'hour')": "in 1,5 Stunden",
    "new Intl.RelativeTimeFormat('pl').format(5, 'year')": "za 5 lat",
    "['z', 'ö', 'ä', 'å', 'a'].sort(new Intl.Collator('sv').compare).join('')": "azåäö",
    "['z', 'ö', 'ä', 'å', 'a'].sort(new Intl.Collator('de').compare).join('')": "aåäöz",
    "['ø', 'å', 'æ', 'z'].sort(new Intl.Collator('da').compare).join('')": "zæøå",
    "['ñ', 'o', 'n', 'nz'].sort(new Intl.Collator('es').compare).join(' ')": "n nz ñ o",
    "'ä'.localeCompare('z', 'sv')": 1,
    "'ä'.localeCompare('z', 'de')": -1,
    "['a10', 'a9'].sort(new Intl.Collator(undefined, { numeric: true }).compare).join(' ')": "a9 a10",
    "['a-c', 'ab'].sort(new Intl.Collator('en', { ignorePunctuation: true }).compare).join(' ')": "ab a-c",
    "Intl.getCanonicalLocales(['EN-us', 'sv-se', 'zh-hans-cn']).join(' ')": "en-US sv-SE zh-Hans-CN",
    "Intl.NumberFormat.supportedLocalesOf(['sv', 'xx', 'de-DE']).join(' ')": "sv de-DE",
    "[1234.5, new Date(0), 12n].toLocaleString('sv-SE', { timeZone: 'UTC' })": "1\u00a0234,5,1970-01-01 00:00:00,12",
    "new Uint16Array([1000, 2000]).toLocaleString('de-DE')": "1.000,2.000",
    "JSON.stringify(new Intl.NumberFormat('sv', { style: 'currency', currency: 'SEK' }).formatToParts(-1234.5))": '[{"type":"minusSign","value":"−"},{"type":"integer","value":"1"},{"type":"group","value":"\u00a0"},{"type":"integer","value":"234"},{"type":"decimal","value":","},{"type":"fraction","value":"50"},{"type":"literal","value":"\u00a0"},{"type":"currency","value":"kr"}]',
    "JSON.stringify(new Intl.NumberFormat('en', { notation: 'compact' }).formatToParts(1234567))": '[{"type":"integer","value":"1"},{"type":"decimal","value":"."},{"type":"fraction","value":"2"},{"type":"compact","value":"M"}]',
    "JSON.stringify(new Intl.NumberFormat('en', { style: 'unit', unit: 'liter' }).formatToParts(16))": '[{"type":"integer","value":"16"},{"type":"literal","value":" "},{"type":"unit","value":"L"}]',
    "JSON.stringify(new Intl.ListFormat('en').formatToParts(['a', 'b']))": '[{"type":"element","value":"a"},{"type":"literal","value":" and "},{"type":"element","value":"b"}]',
    "JSON.stringify(new Intl.RelativeTimeFormat('en').formatToParts(-10, 'day'))": '[{"type":"integer","value":"10","unit":"day"},{"type":"literal","value":" days ago"}]',
    "JSON.stringify(new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Stockholm', hour: 'numeric', timeZoneName: 'short' }).resolvedOptions())": '{"locale":"sv","calendar":"gregory","numberingSystem":"latn","timeZone":"Europe/Stockholm","hourCycle":"h23","hour12":false,"hour":"2-digit","timeZoneName":"short"}',
    "JSON.stringify(new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'eur', maximumFractionDigits: 1 }).resolvedOptions())": '{"locale":"de-DE","numberingSystem":"latn","style":"currency","currency":"EUR","currencyDisplay":"symbol","currencySign":"standard","minimumIntegerDigits":1,"minimumFractionDigits":1,"maximumFractionDigits":1,"useGrouping":"auto","notation":"standard","signDisplay":"auto","roundingIncrement":1,"roundingMode":"halfExpand","roundingPriority":"auto","trailingZeroDisplay":"auto"}',
    "JSON.stringify(new Intl.Collator('sv', { numeric: true }).resolvedOptions())": '{"locale":"sv","usage":"sort","sensitivity":"variant","ignorePunctuation":false,"collation":"default","numeric":true,"caseFirst":"false"}',
    "JSON.stringify(new Intl.PluralRules('pl').resolvedOptions().pluralCategories.length)": "4",
    "'ß'.toLocaleUpperCase('de') + 'I'.toLocaleLowerCase('en')": "SSi",
}


@pytest.mark.parametrize("source", NUMBERS)
def test_numbers(source: str) -> None:
    assert value_of(source) == NUMBERS[source]


@pytest.mark.parametrize("source", DATES)
def test_dates(source: str) -> None:
    assert value_of(f"const when = new Date('2024-07-05T15:07:03.045Z'); {source}") == DATES[source]


@pytest.mark.parametrize("source", OTHERS)
def test_lists_plurals_and_order(source: str) -> None:
    assert value_of(source) == OTHERS[source]


REFUSED = {
    "(5).toLocaleString('tlh')": "The locale tlh is not available. There are en-US, en-AU,",
    "(5).toLocaleString(['xx', 'en-ZA'])": "The locale xx is not available",
    "new Date(0).toLocaleDateString('de-LU')": "The locale de-LU is not available",
    "'a'.localeCompare('b', 'tr')": "The locale tr is not available",
    "'i'.toLocaleUpperCase('tr')": "The locale tr is not available",
    "(5).toLocaleString('ja-JP-u-ca-japanese')": "The extension -u-ca of ja-JP-u-ca-japanese",
    "new Date(0).toLocaleString('ja-JP-u-ca-japanese')": "calendar 'japanese' is not available here: there is only gregory",
    "new Date(0).toLocaleString('en', { calendar: 'buddhist' })": "there is only gregory",
    "(5).toLocaleString('en', { numberingSystem: 'arab' })": "there is only latn",
    "(5).toLocaleString('en_US')": "Incorrect locale information provided: 'en_US'",
    "(5).toLocaleString('en', { notation: 'short' })": "Value short is out of range for the option notation: standard, scientific, engineering, compact",
    "(5).toLocaleString('en', { style: 'money' })": "option style: decimal, percent, currency, unit",
    "(5).toLocaleString('en', { style: 'currency', currency: 'EURO' })": "Invalid currency code : EURO",
    "(5).toLocaleString('en', { style: 'unit', unit: 'parsec' })": "Invalid unit 'parsec'. There are acre, bit,",
    "(5).toLocaleString('en', { style: 'unit', unit: 'liter-per-parsec' })": "Invalid unit",
    "(5).toLocaleString('en', { style: 'currency', currency: 'USD', currencySign: 'x' })": "currencySign: standard, accounting",
    "(5).toLocaleString('en', { signDisplay: 'plus' })": "option signDisplay",
    "(5).toLocaleString('en', { useGrouping: 'x' })": "option useGrouping",
    "(5).toLocaleString('en', { roundingMode: 'up' })": "option roundingMode",
    "(5).toLocaleString('en', { roundingIncrement: 3 })": "option roundingIncrement",
    "(5).toLocaleString('en', { minimumFractionDigits: 101 })": "minimumFractionDigits value is out of range",
    "(5).toLocaleString('en', { minimumFractionDigits: 3, maximumFractionDigits: 2 })": "maximumFractionDigits value is out of range",
    "new Date(0).toLocaleString('en', { era: 'yes' })": "option era: narrow, short, long",
    "new Date(0).toLocaleString('en', { month: 'full' })": "option month",
    "new Date(0).toLocaleString('en', { hourCycle: 'h25' })": "option hourCycle",
    "new Date(0).toLocaleString('en', { dateStyle: 'tiny' })": "option dateStyle",
    "new Date(0).toLocaleString('en', { fractionalSecondDigits: 4 })": "fractionalSecondDigits value is out of range",
    "new Date(0).toLocaleString('en', { timeZoneName: 'shortGeneric' })": "timeZoneName shortGeneric is not available here",
    "new Date(0).toLocaleString('en', { timeZone: 'Europe/Pariss' })": "The nearest names are Europe/Paris,",
    "new Date(0).toLocaleString('en', { timeZone: 'new york' })": "America/New_York",
    "new Date(0).toLocaleString('en', { timeZone: 'x'.repeat(9999) })": "Invalid time zone specified",
    "new Intl.DateTimeFormat('en').format(NaN)": "Invalid time value",
    "new Intl.RelativeTimeFormat('sv', { numeric: 'auto' })": "English only",
    "new Intl.RelativeTimeFormat('en').format(1, 'fortnight')": "Invalid unit argument",
    "Intl.supportedValuesOf('animal')": "Invalid key : animal",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_not_known_is_refused_by_name(source: str) -> None:
    name, message = value_of(f"try {{ {source}; 'no error' }} catch (e) {{ [e.name, e.message] }}")
    assert name == "RangeError"
    assert REFUSED[source] in message
    assert len(message) < 1000


@pytest.mark.parametrize(
    "source",
    [
        "(5).toLocaleString('en', null)",
        "(5).toLocaleString(null)",
        "(5).toLocaleString([5])",
        "(5).toLocaleString('en', { style: 'currency' })",
        "(5).toLocaleString('en', { style: 'unit' })",
        "new Date(0).toLocaleString('en', { dateStyle: 'short', year: 'numeric' })",
        "new Date(0).toLocaleDateString('en', { timeStyle: 'short' })",
        "new Date(0).toLocaleTimeString('en', { dateStyle: 'short' })",
        "Number.prototype.toLocaleString.call('5')",
        "Intl.PluralRules('en')",
        "Intl.ListFormat('en')",
        "new Intl.ListFormat('en').format([1])",
        "Intl.NumberFormat.prototype.format",
        "Intl.DateTimeFormat.prototype.formatToParts.call(new Intl.NumberFormat())",
        "Intl.Collator.prototype.compare",
        "Array.prototype.toLocaleString.call(null)",
        "Object.getPrototypeOf(Uint8Array.prototype).toLocaleString.call([])",
    ],
)
def test_wrong_kinds_are_type_errors(source: str) -> None:
    assert value_of(f"try {{ {source}; 'no error' }} catch (e) {{ e.name }}") == "TypeError"


def test_the_default_is_english_of_the_united_states_in_utc() -> None:
    source = "const o = new Intl.DateTimeFormat().resolvedOptions(); [o.locale, o.timeZone, new Intl.NumberFormat(undefined).resolvedOptions().locale, new Intl.Collator([]).resolvedOptions().locale]"
    assert value_of(source) == ["en-US", "UTC", "en-US", "en-US"]


def test_values_that_are_supported() -> None:
    source = """
const all = ['calendar', 'currency', 'numberingSystem', 'timeZone', 'unit'].map((key) => Intl.supportedValuesOf(key));
[all[0], all[1].includes('SEK'), all[2], all[3].length > 590, all[3].every((zone) => new Intl.DateTimeFormat('en', { timeZone: zone })), all[4].length]
"""
    assert value_of(source) == [["gregory"], True, ["latn"], True, True, 45]


def test_every_locale_shows_everything() -> None:
    source = """
const kinds = [{}, { notation: 'compact' }, { style: 'currency', currency: 'EUR', currencyDisplay: 'name' }, { style: 'unit', unit: 'day', unitDisplay: 'long' }];
const locales = (() => { try { (1).toLocaleString('xx') } catch (e) { return e.message.match(/[a-z]{2}-[A-Z]{2}/g) } })();
const texts = [...locales, ...new Set(locales.map((name) => name.slice(0, 2)))].flatMap((locale) => [
  ...kinds.map((options) => (1234567.5).toLocaleString(locale, options)),
  ...['full', 'long', 'medium', 'short'].map((style) => new Date(0).toLocaleString(locale, { dateStyle: style, timeStyle: style, timeZone: 'Europe/Paris' })),
  new Intl.ListFormat(locale).format(['a', 'b', 'c']), new Intl.RelativeTimeFormat(locale).format(2, 'day'), new Intl.PluralRules(locale).select(2),
]);
[locales.length, texts.length, texts.filter((text) => text === '' || /undefined|NaN|null|\\t|\\n|\\f/.test(text))]
"""
    count, texts, bad = value_of(source)
    assert count >= 20
    assert texts == (count + 15) * 11
    assert bad == []


def test_classes_look_like_the_standards() -> None:
    source = """
const names = Object.getOwnPropertyNames(Intl).filter((name) => typeof Intl[name] === 'function' && Intl[name].prototype);
names.map((name) => {
  const own = (object, key) => { const d = Object.getOwnPropertyDescriptor(object, key); return [d.writable, d.enumerable, d.configurable].map(Number).join('') };
  const C = Intl[name], made = new C('sv'), Sub = class extends C {};
  return [name, C.name, C.length, own(Intl, name), own(C, 'prototype'), own(C.prototype, 'constructor'), Object.prototype.toString.call(made),
    C.supportedLocalesOf.length, new Sub('de').resolvedOptions().locale, new Sub() instanceof Sub, Object.keys(made).length,
    Object.getOwnPropertyNames(C.prototype).every((key) => !Object.getOwnPropertyDescriptor(C.prototype, key).enumerable)].join()
})
"""
    classes = [
        "NumberFormat",
        "DateTimeFormat",
        "Collator",
        "PluralRules",
        "ListFormat",
        "RelativeTimeFormat",
    ]
    assert value_of(source) == [
        f"{name},{name},0,101,000,101,[object Intl.{name}],1,de,true,0,true" for name in classes
    ]


def test_some_are_callable_and_some_give_bound_functions() -> None:
    source = """
const { format } = Intl.NumberFormat('de'), { compare } = Intl.Collator('sv'), day = Intl.DateTimeFormat('en').format, f = new Intl.NumberFormat('de');
[[1.5, 2.5].map(format), ['ö', 'z'].sort(compare), day(new Date(0)), format.length, format.name, compare.length, f.format === f.format, String(Intl)]
"""
    assert value_of(source) == [
        ["1,5", "2,5"],
        ["z", "ö"],
        "1/1/1970",
        1,
        "",
        2,
        True,
        "[object Intl]",
    ]


TAMPERED = """
const when = new Date('2024-07-05T15:07:03.045Z');
const show = () => [
  (1234.5).toLocaleString('sv-SE', { style: 'currency', currency: 'SEK' }), when.toLocaleString('de-DE', { dateStyle: 'full', timeStyle: 'long', timeZone: 'Asia/Tokyo' }),
  new Intl.ListFormat('en').format(['a', 'b']), new Intl.NumberFormat('en', { notation: 'compact' }).format(12345), ['b', 'ä'].map((a) => a.localeCompare('z', 'sv')),
  new URL('http://bücher.example/').hostname, new Intl.PluralRules('pl').select(3), new Intl.NumberFormat('en').formatToParts(-1).length,
];
const before = JSON.stringify(show()), { stringify } = JSON, { defineProperty } = Object;
for (const object of [Object, String, Number, Map, WeakMap, RegExp, Date, Reflect, JSON, Math, BigInt, String.prototype, Number.prototype, Map.prototype, WeakMap.prototype, RegExp.prototype]) {
  for (const key of Reflect.ownKeys(object)) {
    if (['prototype', 'constructor', 'toLocaleString', 'localeCompare', 'stringify', 'ownKeys'].includes(key)) continue;
    try { defineProperty(object, key, { value() { throw new Error('tampered') }, configurable: true }) } catch {}
  }
}
for (const key of ['push', 'join', 'slice', 'concat', 'indexOf', 'toString', 'values']) Array.prototype[key] = () => { throw new Error('tampered') };
defineProperty(Array.prototype, 0, { set() { throw new Error('tampered') }, configurable: true });
"""


def test_a_script_that_changes_prototypes_misleads_nobody() -> None:
    assert (
        value_of(
            f"{TAMPERED} const after = show(); delete Array.prototype[0]; stringify(after) === before"
        )
        is True
    )


def test_options_are_read_like_any_objects() -> None:
    source = """
const read = [];
const spy = new Proxy({ style: 'percent' }, { get(target, key) { read.push(key); return target[key] } });
[(0.5).toLocaleString('en', spy), read.length > 15, new Set(read).size === read.length,
 (5).toLocaleString('en', Object.create({ minimumFractionDigits: 1 })), (5).toLocaleString('en', 'text'),
 (() => { try { (5).toLocaleString('en', { get style() { throw new Error('mine') } }) } catch (e) { return e.message } })()]
"""
    assert value_of(source) == ["50%", True, True, "5.0", "5", "mine"]


EXTREMES: dict[str, Any] = {
    "new Intl.NumberFormat('en').format('1e400')": "∞",
    "new Intl.NumberFormat('en').format('1e-400')": "0",
    "new Intl.NumberFormat('en').format('9'.repeat(100000))": "∞",
    "new Intl.NumberFormat('en').format('9'.repeat(300)).length": 399,
    "new Intl.NumberFormat('en').format('0'.repeat(1000000) + '1')": "1",
    "(10n ** 20000n).toLocaleString('de').length": 26667,
    "new Intl.ListFormat('en').format(Array(20000).fill('x')).length": 60002,
    "try { (1).toLocaleString('a-'.repeat(100000)) } catch (e) { e.name }": "RangeError",
    "try { (1).toLocaleString({ length: 1e9 }) } catch (e) { e.name }": "RangeError",
    "try { new Intl.DateTimeFormat('en', { timeZone: 'utc\\0' }) } catch (e) { e.name }": "RangeError",
    "try { new Intl.DateTimeFormat('en', { timeZone: 'x'.repeat(1e6) }) } catch (e) { e.name }": "RangeError",
    "new Date(8.64e15).toLocaleString('en', { timeZone: 'Pacific/Kiritimati' })": "9/13/275760, 2:00:00 PM",
    "new Date(-8.64e15).toLocaleString('en', { timeZone: 'America/Adak', era: 'short' })": "4/19/271822 BC, 1:00:00 PM",
}


@pytest.mark.parametrize("source", EXTREMES)
def test_extremes_are_bounded(source: str) -> None:
    assert value_of(source) == EXTREMES[source]


def test_what_is_shown_once_leaves_little_behind() -> None:
    """All locales and all zones are looked at; what stays is what was resolved last."""
    plain, used = Interpreter(), Interpreter()
    plain.start("1")
    outcome = used.start(
        """
for (const zone of Intl.supportedValuesOf('timeZone')) new Date(0).toLocaleTimeString('en', { timeZone: zone });
for (const locale of ['sv-SE', 'de-DE', 'fr-FR', 'ja-JP', 'pl-PL', 'es-ES', 'en-GB', 'ko-KR', 'it-IT']) {
  (5).toLocaleString(locale, { style: 'unit', unit: 'day' });
  new Date(0).toLocaleString(locale, { dateStyle: 'full', timeStyle: 'full', timeZone: 'America/New_York' });
  new Date(0).toLocaleString(locale, { weekday: 'short', hour: 'numeric' });
}
1
"""
    )
    assert isinstance(outcome, Completed)
    assert len(used.snapshot()) - len(plain.snapshot()) < 20_000


def test_a_format_survives_a_snapshot() -> None:
    interpreter = Interpreter()
    interpreter.start(
        "globalThis.f = new Intl.DateTimeFormat('sv', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/Stockholm' }); f.format(0)"
    )
    again = Interpreter.restore(interpreter.snapshot())
    outcome = again.start("f.format(new Date('2024-07-05T12:00:00Z'))")
    assert isinstance(outcome, Completed)
    assert outcome.value == "5 juli 2024 kl. 14:00"
