def total(items
    for item in items:
        if item.price > 0 and
            yield item.price *
      return f"{item.name
class :
    x = [1, 2, (3
