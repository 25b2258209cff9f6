#!/usr/bin/python3
"""Trains the comparer of a seal's characters (sealcheck/characters.onnx); README.md is its model card.

  characters.py LESSONS OUT.onnx [--steps N] [--threads N]

LESSONS is a folder of *.npy as `heyin eval lessons` writes them below characters: a
row of bytes a character, its cells (specimen, imprint, clear, known; 64 × 64), how much of
it is seen to be cut differently and how much is, in steps of 0.02 mm².
Needs Debian's python3-torch and python3-scipy; no accelerator.
"""
import glob
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from train import arguments, hide, learn_pairs, report, spoilt

SIDE = 64
BATCH = 128
DIFFERS = 8    # steps of area seen to differ from which the answer is yes
SAME = 1       # steps differing, visible or not, up to which it is no; between them nothing is taught
INKED = 0.2    # ink of the imprint's character against the specimen's below which there is nothing to learn
SEEN = 0.3     # share of the cell that can be trusted, likewise
LIKE = 0.2     # correlation of an unaltered one below which it was laid on something else
SPOILT = 0.35  # share of the cells spoilt beyond the simulator: were all, small differences would drown (docs/adr/029, 030)
MISFIT = 0.5   # of what laid() lays apart
OF = 3         # altered ones of which the one that differs least is taken, for look-alikes are what is hard


class Comparer(nn.Module):
    """Specimen, imprint, clear, known (n, 4, 64, 64) -> log odds of another character (n)."""

    def __init__(self, c=48):
        super().__init__()
        self.first, self.second = nn.Conv2d(5, c, 5, stride=2, padding=2), nn.Conv2d(c, c, 3, padding=1)
        self.third, self.fourth = nn.Conv2d(c, 2 * c, 3, padding=1), nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.fifth = nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.hidden, self.last = nn.Linear(2 * c * 4 * 4, 32), nn.Linear(32, 1)

    def forward(self, x):
        ink, seen = x[:, :2], x[:, 2:]
        ink = ink / torch.clamp(torch.amax(ink, (2, 3), keepdim=True), min=.3)
        x = torch.cat([ink, seen, (ink[:, 0:1] - ink[:, 1:2]) * seen[:, 0:1] * seen[:, 1:2]], 1)
        x = F.relu(self.first(x))
        x = F.max_pool2d(x + F.relu(self.second(x)), 2)
        x = F.relu(self.third(x))
        x = F.max_pool2d(x + F.relu(self.fourth(x)), 2)
        x = F.max_pool2d(x + F.relu(self.fifth(x)), 2)
        return self.last(F.relu(self.hidden(x.flatten(1))))[:, 0]


class Turned(nn.Module):
    """A comparer asked of a pair laid in all eight ways, turned and mirrored, each second time with either
    picture as the specimen: all are the same question, and what it says of one by chance it does not say of the others.
    The verifier asks so where the first answer is doubtful (characterOdds in sealcheck)."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        ways = [w for way in (x, x.transpose(2, 3)) for w in (way, way.flip(2), way.flip(3), way.flip(2, 3))]
        ways = [w[:, [1, 0, 3, 2]] if k % 2 else w for k, w in enumerate(ways)]
        return self.net(torch.cat(ways)).view(len(ways), -1).mean(0)


def legible(seals):
    """Cells and areas of what can be judged, and is laid where it belongs."""
    cells, seen, whole = [], [], []
    for s in seals:
        x = s[:, :-2].reshape(-1, 4, SIDE, SIDE)
        both = (x[:, 2] > 127) & (x[:, 3] > 127)
        a, b = x[:, 0] * (both / 255), x[:, 1] * (both / 255)
        ink_a, ink_b = a.sum((1, 2)), b.sum((1, 2))
        n = np.maximum(both.sum((1, 2)), 1)
        a, b = a - (ink_a / n)[:, None, None] * both, b - (ink_b / n)[:, None, None] * both
        like = (a * b).sum((1, 2)) / np.sqrt(np.maximum((a * a).sum((1, 2)) * (b * b).sum((1, 2)), 1e-6))
        usable = both.sum((1, 2)) / np.maximum(((x[:, 2] > 0) | (x[:, 3] > 0)).sum((1, 2)), 1)
        good = (ink_b >= INKED * ink_a) & (usable >= SEEN) & ((like >= LIKE) | (s[:, -1] > SAME))
        cells.append(x[good]), seen.append(s[good, -2]), whole.append(s[good, -1])
    return np.concatenate(cells), np.concatenate(seen), np.concatenate(whole)


class Characters:
    def __init__(self, seals):
        self.cells, self.seen, whole = legible(seals)
        self.same, self.altered = np.flatnonzero(whole <= SAME), np.flatnonzero(self.seen >= DIFFERS)
        print('%d same, %d altered' % (len(self.same), len(self.altered)))

    def pick(self, differ):
        if not differ:
            return random.choice(self.same)
        return min((random.choice(self.altered) for _ in range(OF)), key=lambda i: self.seen[i])

    def batch(self):
        differ = [i % 2 for i in range(BATCH)]
        x = torch.from_numpy(self.cells[[self.pick(d) for d in differ]]).float() / 255
        s, i, c, k = laid(x)
        if random.random() < .5:  # either may be the specimen
            s, i, c, k = i, s, k, c
        return torch.cat([spoilt(s, SPOILT), spoilt(i, SPOILT), hide(c), hide(k)], 1), torch.tensor(differ).float()


def laid(x):
    """Other widths, heights and turns, both alike, and a little misfit between them."""
    n = len(x)
    turn = torch.rand(n) * 2 * np.pi if random.random() < .5 else torch.randint(0, 4, (n,)) * np.pi / 2 + torch.randn(n) * .1
    both = torch.zeros(n, 2, 3)
    both[:, 0, 0], both[:, 0, 1] = torch.cos(turn), -torch.sin(turn)
    both[:, 1, 0], both[:, 1, 1] = torch.sin(turn), torch.cos(turn)
    both[:, 0, :2] *= torch.exp((torch.rand(n) - .4) * .3)[:, None]
    both[:, 1, :2] *= torch.exp((torch.rand(n) - .4) * .3)[:, None]
    both[:, :, 2] = (torch.rand(n, 2) - .5) * .1
    both[:, :, 0] *= torch.where(torch.rand(n) < .5, -1., 1.)[:, None]  # mirrored
    apart = both + MISFIT * torch.randn(n, 2, 3) * torch.tensor([[.01, .01, .025], [.01, .01, .025]])

    def warped(layers, by):
        out = F.grid_sample(layers, F.affine_grid(by, layers.shape, align_corners=False), align_corners=False)
        return out[:, :1], (out[:, 1:] > .5).float()

    (s, c), (i, k) = warped(x[:, 0::2], both), warped(x[:, 1::2], apart)
    return s, i, c, k


def check(net, seals):
    """Same against altered characters among seals held out."""
    cells, seen, whole = legible(seals)
    with torch.no_grad():
        odds = np.concatenate([net(torch.from_numpy(c).float() / 255).numpy() for c in np.array_split(cells, len(cells) // 256 + 1)])
    report(odds[whole <= SAME], odds[seen >= DIFFERS])


def main():
    a = arguments(steps=5000)
    seals = [np.load(f) for f in sorted(glob.glob(a.lessons + '/*.npy'))]
    characters = Characters([s for i, s in enumerate(seals) if i % 20])
    net = Comparer()
    learn_pairs(net, characters.batch, net, (SIDE, SIDE), 'characters', a)
    check(Turned(net), seals[::20])


if __name__ == '__main__':
    main()
