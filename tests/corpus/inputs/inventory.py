"""Stock of a small shop: what is there, what it cost, what is running low."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Iterable, Iterator

LINE = re.compile(
    r"""
    (?P<sku>[A-Z]{2}\d{4}) \s+     # two letters, four digits
    (?P<count>[+-]?\d+)    \s+
    (?P<price>\d+\.\d{2})
    """,
    re.VERBOSE,
)


class OutOfStock(Exception):
    def __init__(self, sku: str, wanted: int, /, *, left: int = 0) -> None:
        super().__init__(f"{sku}: {wanted} wanted, {left!r:>{len(sku)}} left, {wanted - left:+d}")
        self.sku = sku


@dataclass(slots=True)
class Item:
    sku: str
    count: int = 0
    lots: list[tuple[int, float]] = field(default_factory=list)

    @property
    def value(self) -> float:
        return sum(n * price for n, price in self.lots if n)

    def take(self, wanted: int) -> Iterator[tuple[int, float]]:
        if wanted > self.count:
            raise OutOfStock(self.sku, wanted, left=self.count)
        while wanted:
            n, price = self.lots[0]
            match n - wanted:
                case 0:
                    self.lots.pop(0)
                case more if more > 0:
                    self.lots[0] = (more, price)
                    n = wanted
                case _:
                    self.lots.pop(0)
            self.count -= n
            wanted -= n
            yield n, price


def read(lines: Iterable[str]) -> dict[str, Item]:
    items: dict[str, Item] = {}
    errors = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        if not (line := line.split("#", 1)[0].strip()):
            continue
        if (found := LINE.fullmatch(line)) is None:
            errors[number].append(line)
            continue
        sku, count, price = found["sku"], int(found["count"]), float(found["price"])
        item = items.setdefault(sku, Item(sku))
        try:
            if count < 0:
                for _ in item.take(-count):
                    pass
            else:
                item.count += count
                item.lots.append((count, price))
        except OutOfStock as problem:
            errors[number].append(str(problem))
        finally:
            del found
    if errors:
        raise ValueError("; ".join(f"line {n}: {', '.join(what)}" for n, what in errors.items()))
    return items


async def watch(feed, *, low: int = 5):
    async for lines in feed:
        async with feed.lock:
            yield {s: i.count for s, i in read(lines).items() if i.count < low and s not in {"XX0000", 'YY0000'}}


if __name__ == "__main__":
    import sys

    print(*(f"{item.sku:8} {item.count:6} {item.value:10.2f}" for item in read(sys.stdin).values()), sep="\n")
