"""A program of 5.5 KB in TypeScript, and the same in JavaScript."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

import re
from typing import Final

__all__ = ["JAVASCRIPT", "RESULT", "TYPESCRIPT"]

# What is in «» is TypeScript's; % tells one copy from the other.
_PART: Final = """
«interface Line% { sku: string; price: number; quantity: number; tags?: readonly string[] }
type Status% = 'open' | 'paid' | 'sent' | 'lost';
interface Order% { id: string; customer: { name: string; country: string }; status: Status%; lines: Line%[] }
type Totals%<K extends string = string> = { [key in K]?: { count: number; sum: number } };

»class Ledger%«<T extends Order%>» {
  «private readonly »orders«: Map<string, T>» = new Map«<string, T>»();
  «private »seen«: number» = 0;

  add(order«: T»)«: this» {
    this.seen += 1;
    this.orders.set(order.id, order);
    return this;
  }

  find(id«: string»)«: T | undefined» {
    return this.orders.get(id);
  }

  where«<S extends Status%>»(test«: (order: T) => boolean», limit«: number» = 1000)«: T[]» {
    const found«: T[]» = [];
    for (const order of this.orders.values()) {
      if (found.length >= limit) break;
      if (test(order)) found.push(order);
    }
    return found;
  }

  get size()«: number» {
    return this.orders.size;
  }
}

function worth%(order«: Order%»)«: number» {
  return order.lines.reduce((sum«: number», line) => sum + line.price * line.quantity, 0);
}

function group%«<T, K extends string>»(items«: T[]», key«: (item: T) => K»)«: Record<K, T[]>» {
  const groups = {}« as Record<K, T[]>»;
  for (const item of items) {
    (groups[key(item)] ??= []).push(item);
  }
  return groups;
}

function isSent%(order«: Order%»)«: order is Order% & { status: 'sent' }» {
  return order.status === 'sent';
}

async function later%«<T>»(value«: T», ms«: number» = 0)«: Promise<T>» {
  await Promise.resolve(ms);
  return value;
}

const byWorth% = (a«: Order%», b«: Order%»)«: number» => worth%(b) - worth%(a);
const rank% = async (orders«: readonly Order%[]»)«: Promise<string[]>» =>
  (await later%«<Order%[]>»([...orders])).sort(byWorth%).map((order) => order.id);

const statuses%«: Status%[]» = ['open', 'paid', 'sent', 'lost'];
const ledger% = new Ledger%«<Order%>»();
for (let i«: number» = 0; i < 12; i++) {
  ledger%.add({
    id: `order-${i}`,
    customer: { name: `customer ${i % 5}`, country: ['se', 'de', 'jp'][i % 3]«!» },
    status: statuses%[i % statuses%.length]«!»,
    lines: [{ sku: `sku-${i}`, price: 10 + i, quantity: 1 + (i % 2) }, { sku: 'bag', price: 1, quantity: 1 }],
  }« satisfies Order%»);
}

const totals%«: Totals%» = {};
for (const [country, orders] of Object.entries(group%(ledger%.where(() => true), (order) => order.customer.country))) {
  totals%[country] = { count: orders.length, sum: orders.map(worth%).reduce((a, b) => a + b, 0) };
}
const first% = ledger%.find('order-2')«!»;
const sent% = ledger%.where((order«: Order%»)«: boolean» => isSent%(order) && worth%(order) > 10).map(({ id }) => id);
const summary% = { size: ledger%.size, first: worth%(first%« as Order%»), sent: sent%.length, ranks: (await rank%(ledger%.where(isSent%)))[0]«!», totals: totals% }« as const»;
"""


def _program(part: str) -> str:
    return part.replace("%", "A") + part.replace("%", "B") + "[summaryA, summaryB].length"


# The remainder operator is written `i % 5`, with spaces, unlike the mark.
_MARKED: Final = _PART.replace(" % ", " \0 ")
TYPESCRIPT: Final = _program(re.sub("[«»]", "", _MARKED)).replace("\0", "%")
JAVASCRIPT: Final = _program(re.sub("«[^»]*»", "", _MARKED)).replace("\0", "%")
RESULT: Final = 2
