"""The desk between the mail server and the outbox: many claims and results in one transaction."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import NamedTuple, Self

from sync.history.outbox import Claim, Outbox
from sync.notify.smtp import Letter, Outcome


class _Claim(NamedTuple):
    letter: Letter
    answer: Future[int]


class _Finish(NamedTuple):
    number: int
    outcome: Outcome
    answer: str


class _Away(NamedTuple):
    letter: Letter
    outcome: Outcome
    answer: str


_Work = _Claim | _Finish | _Away | None


class Clerk:
    """Writes what several connections do, from one thread, so that they share each write to the disk.

    A claim waits until it stands in the database; a result does not: if it is lost, the message is one of
    which nobody knows. What cannot be written is raised by the next claim, or at the end.
    """

    def __init__(self, outbox: Outbox, moment: datetime) -> None:
        self._outbox, self._moment = outbox, moment
        self._work: Queue[_Work] = Queue()
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, name="outbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._work.put(None)
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    def claim(self, letter: Letter) -> int:
        """A number under which the letter is now ours to send; 0 when somebody else has it."""
        answer: Future[int] = Future()
        self._work.put(_Claim(letter, answer))
        return answer.result()

    def finish(self, number: int, outcome: Outcome, answer: str) -> None:
        """Takes the result of a claimed letter."""
        self._work.put(_Finish(number, outcome, answer))

    def turn_away(self, letter: Letter, outcome: Outcome, answer: str) -> None:
        """Takes the result of a letter that was never claimed."""
        self._work.put(_Away(letter, outcome, answer))

    def _run(self) -> None:
        ended = False
        while not ended:
            batch = [self._work.get()]
            try:
                while True:
                    batch.append(self._work.get_nowait())
            except Empty:
                pass
            ended = None in batch
            self._write([work for work in batch if work is not None])

    def _write(self, batch: list[_Claim | _Finish | _Away]) -> None:
        claims = [work for work in batch if isinstance(work, _Claim)]
        finished = [work for work in batch if isinstance(work, _Finish)]
        away = [work for work in batch if isinstance(work, _Away)]
        if self._failure is None:
            try:
                numbers = self._outbox.together(
                    [self._entry(work.letter) for work in claims],
                    [(work.number, str(work.outcome), work.answer) for work in finished],
                    [(self._entry(work.letter), str(work.outcome), work.answer) for work in away],
                )
            except Exception as error:  # noqa: BLE001  # raised where the claim was asked for
                self._failure = error
            else:
                for work, number in zip(claims, numbers, strict=True):
                    work.answer.set_result(number)
                return
        for work in claims:
            work.answer.set_exception(self._failure)

    def _entry(self, letter: Letter) -> Claim:
        return Claim(letter.key, letter.message_id, letter.subject, self._moment, letter.data)
