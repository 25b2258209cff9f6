#!/usr/bin/python3
"""Trains the comparer of imprints (sealcheck/unlike.onnx); README.md is its model card.

  train.py LESSONS OUT.onnx [--steps N] [--threads N]

LESSONS is a folder of *.npy as `heyin eval lessons` writes them: bytes of shape
(5, h, w), specimen, imprint, clear, known, truth, at 10 pixels a millimetre.
Needs Debian's python3-torch and python3-scipy; no accelerator.
"""
import argparse
import glob
import random
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

# Comparers that answer together: channels at half and at quarter size, and how far apart the later layers look.
MEMBERS = [(24, 32, (1, 2, 4, 1)), (32, 48, (1, 2, 4, 2, 1)), (32, 48, (1, 2, 4, 2, 1))]
CROP = 96       # pixels a side: more than the network sees around a place
BATCH = 64
STEP = 4        # pixels a side of one answer
REACH = 12      # pixels a side of the square in which a difference counts for an answer
DIFFERS = 0.10  # mm² visibly different in that square: the answer is yes
SAME = 0.01     # mm² different, visible or not, up to which the answer is no; between them nothing is taught


def with_difference(x):
    """Specimen, imprint, clear, known and, as a fifth layer, how the inks differ where both can be trusted."""
    return torch.cat([x, (x[:, 0:1] - x[:, 1:2]) * x[:, 2:3] * x[:, 3:4]], 1)


class Comparer(nn.Module):
    """Specimen, imprint, clear, known (n, 4, h, w) -> log odds of a different cut (n, 1, h/4, w/4)."""

    def __init__(self, half, quarter, apart):
        super().__init__()
        self.first = nn.Conv2d(5, half, 5, stride=2, padding=2)
        self.second = nn.Conv2d(half, quarter, 3, stride=2, padding=1)
        self.rest = nn.ModuleList([nn.Conv2d(quarter, quarter, 3, padding=d, dilation=d) for d in apart])
        self.last = nn.Conv2d(quarter, 1, 1)

    def forward(self, x):
        return self.of_layers(with_difference(x))

    def of_layers(self, x):
        x = F.relu(self.first(x))
        x = F.relu(self.second(x))
        for layer in self.rest:
            x = x + F.relu(layer(x))
        return self.last(x)


class Together(nn.Module):
    """The mean of comparers that learnt apart, asked in turn with either picture as the specimen:
    what one says by chance of one order the other does not say of the other."""

    def __init__(self, *nets):
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, x):
        turns = [x, x[:, [1, 0, 3, 2]]]
        return sum(net(turns[k % 2]) for k, net in enumerate(self.nets)) / len(self.nets)


class Shipped(nn.Module):
    """Comparers together, as the verifier asks them: it lays out the difference, and the exchange is in the weights."""

    def __init__(self, together):
        super().__init__()
        self.nets = together.nets
        with torch.no_grad():
            for net in self.nets[1::2]:
                net.first.weight.copy_(net.first.weight[:, [1, 0, 3, 2, 4]] * torch.tensor([1., 1, 1, 1, -1]).view(5, 1, 1))

    def forward(self, x):
        return sum(net.of_layers(x) for net in self.nets) / len(self.nets)


# Faults of stamping and scanning beyond those of the simulator, so that the
# network does not learn the simulator. x is ink, (n, 1, h, w), 0..1.

def waves(n, h, w, cell):
    """Smooth noise in -1..1 with hills of `cell` pixels."""
    coarse = torch.rand(n, 1, max(2, int(h / cell) + 2), max(2, int(w / cell) + 2)) * 2 - 1
    return F.interpolate(coarse, size=(h, w), mode='bilinear', align_corners=True)


def blur(x, sigma):
    if sigma < 0.3:
        return x
    return torch.from_numpy(gaussian_filter(x.numpy(), (0, 0, sigma, sigma), mode='nearest', truncate=2.5))


def grains(n, h, w, sigma):
    s = blur(torch.rand(n, 1, h, w), sigma)
    return (s - s.mean((2, 3), keepdim=True)) / (s.std((2, 3), keepdim=True) + 1e-6)


def some(n, share):
    return (torch.rand(n, 1, 1, 1) < share).float()


def any_of(n):
    return torch.rand(n, 1, 1, 1)


def ruin(x):
    n, _, h, w = x.shape
    # strokes fatter or thinner, as a whole or by places
    level = 0.5 + some(n, .4) * (any_of(n) - .5) * .5 + some(n, .2) * waves(n, h, w, 30) * .15
    fat, on = torch.sigmoid((blur(x, 1.0) - level) * 9), some(n, .35)
    x = x * (1 - on) + fat * on
    # mottle, faint patches
    x = x * (1 + some(n, .6) * waves(n, h, w, random.choice([4, 8, 20])) * .35 * any_of(n))
    patch = torch.sigmoid((waves(n, h, w, random.choice([15, 30, 50])) - .35 - any_of(n) * .5) * 12)
    x = x * (1 - some(n, .25) * patch * any_of(n))
    # pale all over: thin digits of a code
    x = x * (1 - some(n, .15) * any_of(n) * .7)
    # dry specks in the ink, dust beside it
    zone = torch.sigmoid((waves(n, h, w, random.choice([12, 25, 40])) - .1) * 8)
    dry = torch.sigmoid((grains(n, h, w, random.choice([.6, .9, 1.3])) - (2.6 - 2.2 * any_of(n) * zone)) * 5)
    x = x * (1 - .95 * some(n, .35) * dry)
    dust = torch.sigmoid((grains(n, h, w, random.choice([.6, .9])) - 2.9) * 5)
    x = torch.maximum(x, .7 * some(n, .12) * zone * dust)
    # a slid or doubled strike
    if random.random() < .15:
        k = random.randint(2, 7)
        ghost = torch.roll(x, (random.randint(-k, k), random.randint(-k, k)), (2, 3))
        x = torch.maximum(x, ghost * any_of(n) * .6 * some(n, .5))
    # bleeding from the back, the scanner
    x = x + some(n, .15) * any_of(n) * .15 * (waves(n, h, w, 25) > 0).float()
    if random.random() < .4:
        x = blur(x, random.random() * 1.3)
    return (x + torch.randn(n, 1, h, w) * .04 * any_of(n)).clamp(0, 1)


def spoilt(x, share):
    """Ruins a share of the pictures."""
    on = some(len(x), share)
    return ruin(x) * on + x * (1 - on)


def hide(known):
    """Takes out strips, as print over the seal does."""
    n, _, h, w = known.shape
    if random.random() < .5:
        return known
    strips = (waves(n, h, w, random.choice([5, 8, 14])).abs() < .12).float() * (waves(n, h, w, 30) > 0).float()
    return known * (1 - strips * some(n, .5))


class Lessons:
    def __init__(self, files):
        self.planes = [np.load(f, mmap_mode='r') for f in files]
        self.inked = [np.argwhere(((p[0] > 100) | (p[1] > 100))[::4, ::4]) * 4 for p in self.planes]
        self.different = [np.argwhere((p[4] > 127)[::4, ::4]) * 4 for p in self.planes]
        self.altered = [i for i, d in enumerate(self.different) if len(d)]
        self.all = [i for i, d in enumerate(self.inked) if len(d)]

    def crop(self, planes, place):
        h, w = planes.shape[1:]
        y, x = place + np.random.randint(-CROP // 2 + 8, CROP // 2 - 8, 2) - CROP // 2
        out = np.zeros((5, CROP, CROP), np.uint8)
        out[2:4] = 255
        y0, x0, y1, x1 = max(y, 0), max(x, 0), min(y + CROP, h), min(x + CROP, w)
        if y1 > y0 and x1 > x0:
            out[:, y0 - y:y1 - y, x0 - x:x1 - x] = planes[:, y0:y1, x0:x1]
        out = np.rot90(out, np.random.randint(4), (1, 2))
        return out[:, :, ::-1] if np.random.rand() < .5 else out

    def batch(self):
        crops = []
        for i in range(BATCH):  # every second one looks at a difference
            k = random.choice(self.altered if i % 2 else self.all)
            places = (self.different if i % 2 else self.inked)[k]
            crops.append(self.crop(self.planes[k], places[np.random.randint(len(places))]))
        x = torch.from_numpy(np.ascontiguousarray(np.stack(crops))).float() / 255
        s, i, c, k, truth = [x[:, q:q + 1] for q in range(5)]
        if random.random() < .5:  # either may be the specimen
            s, i, c, k = i, s, k, c
        s, i, c, k = ruin(s), ruin(i), hide(c), hide(k)
        if random.random() < .5:  # registration is good to a pixel, and stamps give way
            i, k = bent(i, k)
        return torch.cat([s, i, c, k], 1), truth


def bent(*layers):
    """Layers moved smoothly by up to 0.14 mm, all alike: what registration leaves."""
    n, _, h, w = layers[0].shape

    def hills():  # in pixels
        return (waves(n, h, w, 40) + waves(n, h, w, 200)) * .7

    by = torch.cat([hills() * 2 / w, hills() * 2 / h], 1).permute(0, 2, 3, 1)
    at = F.affine_grid(torch.eye(2, 3).repeat(n, 1, 1), (n, 1, h, w), align_corners=False) + by
    return [F.grid_sample(x, at, padding_mode='border', align_corners=False) for x in layers]


def answers(truth, visible):
    """What to answer at each place, and whether to teach it."""
    pad = (REACH - STEP) // 2

    def area(t):  # mm² in the square
        return F.avg_pool2d(F.pad(t, (pad,) * 4), REACH, stride=STEP) * REACH * REACH / 100

    seen, whole = area(truth * visible), area(truth)
    yes = (seen > DIFFERS).float()
    return yes, ((seen > DIFFERS) | (whole < SAME)).float()


def check(net, files):
    """The worst place of genuine against altered imprints among lessons held out."""
    same, altered = [], []
    with torch.no_grad():
        for planes in map(np.load, files):
            x = torch.from_numpy(planes[None].astype(np.float32) / 255)
            worst = torch.sort(net(x[:, :4]).flatten()).values[-4].item()
            if x[:, 4].sum() == 0:
                same.append(worst)
            elif (x[:, 4] * x[:, 2] * x[:, 3]).sum() > 30:
                altered.append(worst)
    same, altered = np.array(same), np.array(altered)
    print('held out: %d genuine, %d altered, AUC %.4f' % (len(same), len(altered), np.mean(same[:, None] < altered[None])))


def arguments(steps):
    """Command line of a training, with its threads and seeds set."""
    a = argparse.ArgumentParser()
    a.add_argument('lessons')
    a.add_argument('out')
    a.add_argument('--steps', type=int, default=steps)
    a.add_argument('--threads', type=int, default=1)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    return a


def learn(net, loss_of_next, a):
    """Lowers the loss of one batch after another; leaves the network ready for use."""
    best = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-4)
    started, mean = time.time(), None
    for step in range(a.steps):
        for group in best.param_groups:
            group['lr'] = 2e-3 * min(1, step / 200 + .02) * .5 * (1 + np.cos(np.pi * step / a.steps)) + 1e-5
        loss = loss_of_next()
        best.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        best.step()
        mean = loss.item() if mean is None else .98 * mean + .02 * loss.item()
        if step % 200 == 199:
            print('step %d, %.1f min, loss %.4f' % (step + 1, (time.time() - started) / 60, mean), flush=True)
    net.eval()


def learn_pairs(net, batch, asked, shape, name, a):
    """Teaches a comparer of single glyphs, whose batch() gives cells and whether they differ, and exports it as it shall be asked."""
    def loss():
        x, differ = batch()
        with torch.autocast('cpu', dtype=torch.bfloat16):  # halves the time
            odds = net(x)
        return F.binary_cross_entropy_with_logits(odds.float(), differ)

    learn(net, loss, a)
    torch.onnx.export(asked, torch.zeros(2, 4, *shape), a.out, opset_version=13, input_names=[name], output_names=['odds'],
                      dynamic_axes={name: {0: 'n'}, 'odds': {0: 'n'}})


def report(same, altered):
    """Tells how well odds separate pairs held out."""
    same, altered = np.array(same), np.array(altered)
    print('held out: %d same, %d altered, AUC %.4f' % (len(same), len(altered), np.mean(same[:, None] < altered[None])))
    for share in (.01, .001):
        at = np.quantile(altered, share)
        print('odds %.2f miss %.1f %% of the altered and doubt %.1f %% of the same' % (at, 100 * share, 100 * np.mean(same >= at)))


def main():
    a = arguments(steps=10000)
    files = sorted(glob.glob(a.lessons + '/*.npy'))
    lessons = Lessons([f for i, f in enumerate(files) if i % 25])

    def member(size):
        net = Comparer(*size)

        def loss():
            x, truth = lessons.batch()
            yes, taught = answers(truth, x[:, 2:3] * x[:, 3:4])
            return (F.binary_cross_entropy_with_logits(net(x), yes, reduction='none') * taught).sum() / taught.sum()

        learn(net, loss, a)
        return net

    net = Together(*map(member, MEMBERS))
    check(net, files[::25])
    torch.onnx.export(Shipped(net), torch.zeros(1, 5, 64, 64), a.out, opset_version=13, input_names=['pair'], output_names=['unlike'],
                      dynamic_axes={'pair': {2: 'h', 3: 'w'}, 'unlike': {2: 'h4', 3: 'w4'}})


if __name__ == '__main__':
    main()
