#!/usr/bin/python3
"""Trains the comparer of a code's digits (sealcheck/digits.onnx); README.md is its model card.

  digits.py LESSONS OUT.onnx [--steps N] [--threads N]

LESSONS is a folder of *.npy as `heyin eval lessons` writes them below digits: a row
of bytes a digit, its cells (specimen, imprint, clear, known; 32 × 24), the specimen's
digit and the imprint's. Needs Debian's python3-torch and python3-scipy; no accelerator.
"""
import glob
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from train import Together, arguments, hide, learn_pairs, report, spoilt

H, W = 32, 24
BATCH = 128
SPOILT = 0.35  # share of the cells spoilt beyond the simulator (docs/adr/030)
INKED = 0.12   # ink of the imprint's digit against the specimen's below which there is nothing to learn


class Comparer(nn.Module):
    """Specimen, imprint, clear, known (n, 4, 32, 24) -> log odds of another digit (n)."""

    def __init__(self, c=32):
        super().__init__()
        self.first, self.second = nn.Conv2d(5, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        self.third, self.fourth = nn.Conv2d(c, 2 * c, 3, padding=1), nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.fifth = nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.hidden, self.last = nn.Linear(2 * c * 4 * 3, 32), nn.Linear(32, 1)

    def forward(self, x):
        ink, seen = x[:, :2], x[:, 2:]
        ink = ink / torch.clamp(torch.amax(ink, (2, 3), keepdim=True), min=.1)  # codes print pale
        x = torch.cat([ink, seen, (ink[:, 0:1] - ink[:, 1:2]) * seen[:, 1:2]], 1)
        x = F.relu(self.first(x))
        x = F.max_pool2d(x + F.relu(self.second(x)), 2)
        x = F.relu(self.third(x))
        x = F.max_pool2d(x + F.relu(self.fourth(x)), 2)
        x = F.max_pool2d(x + F.relu(self.fifth(x)), 2)
        return self.last(F.relu(self.hidden(x.flatten(1))))[:, 0]


class Digits:
    """Pairs from the codes of stamped seals. Any two digits of one code make a pair,
    so that a code teaches a hundred differences and not only those somebody forged."""

    def __init__(self, seals):
        self.cells = [s[:, :-2].reshape(-1, 4, H, W) for s in seals]
        self.digits = [s[:, -2:] for s in seals]
        self.ink = [c[:, :2].mean((2, 3)) for c in self.cells]

    def pair(self):
        """Cells and whether the digits differ, evenly."""
        differ = random.random() < .5
        while True:
            k = random.randrange(len(self.cells))
            cells, digits, ink = self.cells[k], self.digits[k], self.ink[k]
            i = random.randrange(len(cells))
            if (digits[i, 0] != digits[i, 1]) if differ else random.random() < .85:
                j = i
            else:  # of three that will do the likest: a 6 for an 8 rather than for a 1
                others = [j for j in range(len(cells)) if (digits[i, 0] != digits[j, 1]) == differ]
                if not others:
                    continue
                j = max(random.sample(others, min(len(others), 3)), key=lambda j: likeness(cells[i, 0], cells[j, 1]))
            if (digits[i, 0] != digits[j, 1]) != differ or ink[j, 1] < INKED * ink[i, 0]:
                continue
            x = np.stack([cells[i, 0], cells[j, 1], cells[i, 2], cells[j, 3]])
            return (x if i == j else fitted(x)), differ

    def batch(self):
        x, differ = zip(*(self.pair() for _ in range(BATCH)))
        s, i, c, k = misfit(torch.from_numpy(np.stack(x)).float() / 255)
        if random.random() < .5:  # either may be the specimen
            s, i, c, k = i, s, k, c
        return torch.cat([spoilt(s, SPOILT), spoilt(i, SPOILT), hide(c), hide(k)], 1), torch.tensor(differ).float()


def likeness(a, b):
    a, b = a.ravel() - a.mean(), b.ravel() - b.mean()
    return a @ b / np.sqrt(max((a @ a) * (b @ b), 1))


def fitted(x):
    """Slides the imprint onto the specimen as the verifier does."""
    shifts = [(dy, dx) for dy in range(-2, 3) for dx in range(-1, 2)]
    best = max(shifts, key=lambda by: likeness(x[0], np.roll(x[1], by, (0, 1))))
    x[1::2] = np.roll(x[1::2], best, (1, 2))
    return x


def misfit(x):
    """Other widths, heights, slants and turns, both alike, and a little misfit between them."""
    n = len(x)
    both = torch.zeros(n, 2, 3)
    turn, slant = (torch.rand(n) - .5) * .2, (torch.rand(n) - .5) * .3
    both[:, 0, 0], both[:, 1, 1] = torch.exp((torch.rand(n) - .4) * .6), 1 + (torch.rand(n) - .5) * .25
    both[:, 0, 1], both[:, 1, 0] = slant + turn, -turn
    both[:, 0, 2], both[:, 1, 2] = (torch.rand(n) - .5) * .15, (torch.rand(n) - .5) * .12
    both[:, :, :2] *= torch.where(torch.rand(n) < .5, -1., 1.)[:, None, None]  # heads in or out
    apart = both + torch.randn(n, 2, 3) * torch.tensor([[0, .04, .05], [.03, 0, .04]])

    def warped(layers, by):
        out = F.grid_sample(layers, F.affine_grid(by, layers.shape, align_corners=False), align_corners=False)
        return out[:, :1], (out[:, 1:] > .5).float()

    (s, c), (i, k) = warped(x[:, 0::2], both), warped(x[:, 1::2], apart)
    return s, i, c, k


def check(net, seals):
    """Same against altered digits among seals held out, each in its own place."""
    same, altered = [], []
    with torch.no_grad():
        for s in seals:
            cells = torch.from_numpy(s[:, :-2].reshape(-1, 4, H, W).astype(np.float32) / 255)
            ink = cells[:, :2].mean((2, 3))
            for odds, row, (a, b) in zip(net(cells).tolist(), s, ink.tolist()):
                if b >= INKED * a:
                    (same if row[-2] == row[-1] else altered).append(odds)
    report(same, altered)


def main():
    a = arguments(steps=5000)
    seals = [np.load(f) for f in sorted(glob.glob(a.lessons + '/*.npy'))]
    digits = Digits([s for i, s in enumerate(seals) if i % 20])
    net = Comparer()
    asked = Together(net, net)
    learn_pairs(net, digits.batch, asked, (H, W), 'digits', a)
    check(asked, seals[::20])


if __name__ == '__main__':
    main()
