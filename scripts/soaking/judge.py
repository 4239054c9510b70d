"""What happened in the trials, and whether it was right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from edge.errors import StreamFault
from scripts.own_process import Usage
from scripts.soaking.trials import IN_PASSING, Trial

BACK_WITHIN_S = 10.0
MAX_GROWTH = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """One trial with one camera: what Camid said while it lasted, in order, with the time since it began; and
    how long after its end a picture was looked at again, None: never."""

    camera: str
    trial: Trial
    named: tuple[tuple[float, StreamFault | None], ...]
    back_s: float | None

    @property
    def faults(self) -> tuple[StreamFault, ...]:
        return tuple(fault for _, fault in self.named if fault is not None)

    @property
    def is_right(self) -> bool:
        """At the end of the trial the fault was named, and no foreign one before; where none is expected,
        there was none but what is tolerated."""
        trial, named = self.trial, set(self.faults)
        if not trial.expected:
            return named <= trial.tolerated
        last = self.named[-1][1] if self.named else None
        return last in trial.expected and named <= trial.expected | trial.tolerated | IN_PASSING

    @property
    def is_back(self) -> bool:
        return self.back_s is not None and self.back_s <= BACK_WITHIN_S

    def __str__(self) -> str:
        back = "never back" if self.back_s is None else f"back after {self.back_s:.1f} s"
        named = ", ".join(f"{when:.1f} s {fault or 'well'}" for when, fault in self.named)
        return f"{self.camera}, {self.trial.name}: {named or 'silence'}; {back}"


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians of the memory in two windows of the soak."""

    before_mb: float
    after_mb: float

    @property
    def share(self) -> float:
        return self.after_mb / self.before_mb - 1


def growth(samples: Sequence[Usage]) -> Growth:
    """From the second tenth of the samples, when every model and decoder has been used, to the last."""
    tenth = max(1, len(samples) // 10)
    before, after = samples[tenth : 2 * tenth] or samples, samples[-tenth:]
    return Growth(median(s.rss_mb for s in before), median(s.rss_mb for s in after))


def memory_by_tenths(samples: Sequence[Usage]) -> str:
    """The median of the memory in each tenth of the time, in MB: a leak shows as a slope."""
    tenth = max(1, len(samples) // 10)
    parts = [samples[at : at + tenth] for at in range(0, len(samples), tenth)]
    return " ".join(f"{median(s.rss_mb for s in part):.0f}" for part in parts)


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """``before`` the streams were added, ``calm`` when all were well at first and at last, ``after`` the
    end; ``traces`` are the places in which a password was found."""

    outcomes: tuple[Outcome, ...]
    samples: tuple[Usage, ...]
    before: Usage
    calm: tuple[Usage, Usage]
    after: Usage
    traces: tuple[str, ...]
    errors: int

    def checks(self) -> tuple[Check, ...]:
        count, grown = len(self.outcomes), growth(self.samples)
        back, right = sum(o.is_back for o in self.outcomes), sum(o.is_right for o in self.outcomes)
        memory = f"memory {grown.before_mb:.0f} → {grown.after_mb:.0f} MB ({grown.share:+.1%})"
        return (
            Check(f"{back} of {count} times back within {BACK_WITHIN_S:g} s", back == count),
            Check(f"{right} of {count} times the right fault", right == count),
            Check(memory, grown.share < MAX_GROWTH),
            _no_more("while all is well", *self.calm),
            _no_more("before and after", self.before, self.after),
            Check(f"passwords in {', '.join(self.traces) or 'no log, status or file'}", not self.traces),
            Check(f"{self.errors} errors logged", not self.errors),
        )


def _no_more(when: str, first: Usage, last: Usage) -> Check:
    new = Counter(last.names) - Counter(first.names)
    names = f" ({', '.join(sorted(new.elements()))})" if new else ""
    what = f"{first.threads} → {last.threads} threads{names}, {first.sockets} → {last.sockets} sockets"
    return Check(f"{when} {what}", last.threads <= first.threads and last.sockets <= first.sockets)


def table(outcomes: Iterable[Outcome]) -> str:
    """A line a trial: how often, how often right, how soon the stream was back, what was named."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.trial.name, []).append(outcome)
    head = f"{'trial':20} {'times':>5} {'right':>5} {'back s, median':>14} {'most':>6}  named"
    return "\n".join([head, *(_row(name, group) for name, group in groups.items())])


def _row(name: str, group: Sequence[Outcome]) -> str:
    times = sorted(o.back_s for o in group if o.back_s is not None)
    middle, most = (f"{median(times):.1f}", f"{times[-1]:.1f}") if times else ("-", "-")
    most = most if len(times) == len(group) else "never"
    named = ", ".join(sorted({fault.value for o in group for fault in o.faults})) or "-"
    return f"{name:20} {len(group):5} {sum(o.is_right for o in group):5} {middle:>14} {most:>6}  {named}"
