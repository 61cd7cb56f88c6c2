"""Values of the functions in reference.ts by mpmath in 60 digits, at float32 points, for test/ops/accuracy.test.ts.

Writes points.json beside this file: `python3 test/accuracy/make-points.py` (made with mpmath 1.3.0).
"""

import json
import pathlib
import random
import struct

from mpmath import mp, mpf

mp.dps = 60
INF = mpf("inf")
ALPHA = mpf("1.6732632423543772848170429916717")
SCALE = mpf("1.0507009873554804934193349852946")


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def normal(x):
    """The share of a normal distribution below x."""
    return mp.erfc(-x / mp.sqrt(2)) / 2


def relu6(x):
    return min(max(x, mpf(0)), mpf(6))


def elu(x):
    return x if x > 0 else mp.expm1(x)


def softplus(x):
    return max(x, mpf(0)) + mp.log1p(mp.exp(-abs(x)))


def asinh(x):
    """mpmath's own cancels in the left."""
    return mp.sign(x) * mp.log1p(abs(x) + x * x / (1 + mp.sqrt(x * x + 1)))


EVERYWHERE = (-INF, INF)
TABLE = {  # function, domain, the stretch where most of it happens
    "exp": (mp.exp, EVERYWHERE, (-104, 89)),
    "log": (mp.log, (0, INF), (0, 4)),
    "sqrt": (mp.sqrt, (0, INF), (0, 100)),
    "square": (lambda x: x * x, EVERYWHERE, (-9, 9)),
    "reciprocal": (lambda x: 1 / x, EVERYWHERE, (-9, 9)),
    "expm1": (mp.expm1, EVERYWHERE, (-20, 89)),
    "log1p": (mp.log1p, (-1, INF), (-1, 3)),
    "log2": (lambda x: mp.log(x) / mp.log(2), (0, INF), (0, 4)),
    "log10": (mp.log10, (0, INF), (0, 4)),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), (0, INF), (0, 100)),
    "sin": (mp.sin, EVERYWHERE, (-1e5, 1e5)),
    "cos": (mp.cos, EVERYWHERE, (-1e5, 1e5)),
    "tan": (mp.tan, EVERYWHERE, (-1e5, 1e5)),
    "asin": (mp.asin, (-1, 1), (-1, 1)),
    "acos": (mp.acos, (-1, 1), (-1, 1)),
    "atan": (mp.atan, EVERYWHERE, (-4, 4)),
    "sinh": (mp.sinh, (-90, 90), (-9, 9)),
    "cosh": (mp.cosh, (-90, 90), (-9, 9)),
    "asinh": (asinh, EVERYWHERE, (-10, 10)),
    "acosh": (mp.acosh, (1, INF), (1, 10)),
    "atanh": (mp.atanh, (-1, 1), (-1, 1)),
    "erf": (mp.erf, EVERYWHERE, (-5, 5)),
    "tanh": (mp.tanh, EVERYWHERE, (-10, 10)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), EVERYWHERE, (-104, 20)),
    "elu": (elu, EVERYWHERE, (-20, 2)),
    "selu": (lambda x: SCALE * (x if x > 0 else ALPHA * mp.expm1(x)), EVERYWHERE, (-20, 2)),
    "gelu": (lambda x: x * normal(x), EVERYWHERE, (-14, 6)),
    "geluTanh": (
        lambda x: x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3))),
        EVERYWHERE,
        (-11, 6),
    ),
    "silu": (lambda x: x / (1 + mp.exp(-x)), EVERYWHERE, (-104, 20)),
    "mish": (lambda x: x * mp.tanh(softplus(x)), EVERYWHERE, (-104, 20)),
    "softplus": (softplus, EVERYWHERE, (-104, 30)),
    "logSigmoid": (lambda x: -softplus(-x), EVERYWHERE, (-30, 104)),
    "softsign": (lambda x: x / (1 + abs(x)), EVERYWHERE, (-9, 9)),
    "hardSigmoid": (lambda x: relu6(x + 3) / 6, EVERYWHERE, (-4, 4)),
    "hardSilu": (lambda x: x * relu6(x + 3) / 6, EVERYWHERE, (-4, 4)),
    "leakyRelu": (lambda x: x if x > 0 else x * mpf(f32(0.2)), EVERYWHERE, (-9, 9)),
}


def points(name):
    function, (low, high), (left, right) = TABLE[name]
    rng = random.Random(name)
    found = {}
    while len(found) < 60:
        kind = len(found) % 3
        if kind == 0:
            x = rng.choice([-1, 1]) * 2 ** rng.uniform(-126, 127)
        elif kind == 1:
            x = rng.choice([-1, 1]) * 2 ** rng.uniform(-30, 8)
        else:
            x = rng.uniform(left, right)
        x = f32(x)
        if not low < x < high:
            continue
        y = function(mpf(x))
        # Beyond float64's own range there is nothing to compare.
        if mpf(2) ** -1000 < abs(y) < mpf(2) ** 1000 or y == 0:
            found[x] = float(y)
    return [[x, y] for x, y in found.items()]


if __name__ == "__main__":
    rows = [f'  "{name}": {json.dumps(points(name))}' for name in TABLE]
    path = pathlib.Path(__file__).parent / "points.json"
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n")
