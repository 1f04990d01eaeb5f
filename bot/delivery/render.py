"""Layouts: the worded view of an incident or a diagnosis as Slack messages, text, Markdown and the contract's JSON.

A layout is rendered once and parsed once as one document; `blockkit` applies the limits afterwards. A layout that
fails becomes short plain text and counts in a metric, so that a message is never lost. Nothing here sends.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from bot.delivery import blockkit, filters, markdown
from bot.delivery.blockkit import Block, Mrkdwn
from bot.delivery.condensed import Unchecked, by_command
from bot.delivery.dictionary import TEMPLATES
from bot.delivery.message import CHART, DETAIL, RISE, TOP, Message, Part
from bot.delivery.moved import is_at_its_peak, moved, risen
from bot.delivery.offers import NO_OFFERS, Offers, offering
from bot.delivery.plaintext import clean, cut
from bot.delivery.relatives import LISTED, NAMED, Linked
from bot.delivery.sandbox import TEMPLATE_FAILURES, Sandbox, as_json, sandbox
from bot.delivery.view import (
    ChangeView,
    DiagnosisView,
    IncidentView,
    Links,
    diagnosis_view,
    name_of,
    view,
)
from bot.delivery.worded import VERDICT_MARKS
from bot.delivery.words import Words
from bot.model import Diagnosis, Incident, Verdict
from bot.observe import WORDS_MISSED, log

_THREAD_MESSAGES = 6
_CHARTS = 4
_COMMAND_PAGES = 20


class Layouts:
    """All layouts in one language. `public_url` is the address of the console; without it there is no link to it.
    `offers` is what may be pressed.
    """

    def __init__(
        self, words: Words, *, public_url: str = "", offers: Offers = NO_OFFERS, folder: Path = TEMPLATES
    ) -> None:
        self.words = words
        self._public_url = public_url
        self._offers = offers
        self._slack = self._environment(folder, finalize=as_json, autoescape=True)
        self._text = self._environment(folder, finalize=words.finalize)
        self._markdown = self._environment(folder, finalize=self._as_markdown)

    # -- incidents

    def parts(self, incident: Incident) -> tuple[Part, ...]:
        """The message in the channel, and after the diagnosis the messages of its thread."""
        shown = self._view(incident)
        thread = (*self._thread(shown), *self._charts(shown)) if shown.diagnosed else ()
        return (Part(TOP, self._top(shown)), *self._risen(incident, shown), *thread)

    def _risen(self, incident: Incident, shown: IncidentView) -> tuple[Part, ...]:
        """For as long as it is so: whoever comes to tell it too late, tells it no more."""
        if not incident.rises or not is_at_its_peak(incident):
            return ()
        said = _top_level(risen(shown, self.words))
        return (Part(f"{RISE}:{incident.rises}", Message(said, broadcast=True), once=True),)

    def left(self, incident: Incident, address: str) -> Message:
        """What stands in a channel from which it has moved. `address` is empty while it stands in no other."""
        it = moved(incident, self._view(incident), address, self.words)
        said = f"{it.first}\n{it.said}"
        blocks = self._or_plain("slack/left.json.j2", it, lambda _: said)
        return Message(_top_level(said), tuple(blockkit.fit(blocks, more=self._more())))

    @property
    def superseded(self) -> Message:
        """For a message of a thread that has become shorter."""
        return _message([blockkit.prose(self.words.common("superseded"))])

    def _view(self, incident: Incident) -> IncidentView:
        shown = view(incident, self.words, public_url=self._public_url)
        return offering(shown, incident, self._offers, self.words)

    def _top(self, shown: IncidentView) -> Message:
        try:
            text = self._text.get_template("text/top.txt.j2").render(it=shown)
            blocks = blockkit.fit(self._blocks("slack/top.json.j2", shown), more=self._more())
        except TEMPLATE_FAILURES as error:
            _count("slack/top.json.j2", error)
            text, blocks = f"{shown.first}\n{shown.lead.line}\n{shown.what}", []
        return Message(_top_level(text), tuple(blocks))

    def _thread(self, shown: IncidentView) -> tuple[Part, ...]:
        pages = blockkit.paginate(self._whole(shown), most=_THREAD_MESSAGES, more=self._more())
        return tuple(Part(f"{DETAIL}:{index}", _message(page)) for index, page in enumerate(pages))

    def _whole(self, shown: IncidentView) -> list[Block]:
        # First, because the end is what is cut when there is too much.
        blocks = self._or_plain("slack/around.json.j2", shown, _plain_around)
        for diagnosis in shown.diagnoses:
            blocks += self._or_plain("slack/diagnosis.json.j2", diagnosis, self._plain_diagnosis)
        blocks += self._or_plain("slack/alerts.json.j2", shown, _plain_alerts)
        return blocks

    def _charts(self, shown: IncidentView) -> tuple[Part, ...]:
        """One message each; without the picture it says what it would have shown."""
        pictures = [picture for diagnosis in shown.diagnoses for picture in diagnosis.pictures]
        said = (_top_level(f"{picture.title}\n{picture.text}") for picture in pictures)
        return tuple(
            Part(f"{CHART}:{index}", Message(text, picture=picture))
            for index, (picture, text) in enumerate(zip(pictures[:_CHARTS], said, strict=False))
        )

    def _or_plain(self, layout: str, it: Any, plainly: Callable[[Any], str]) -> list[Block]:
        try:
            return self._blocks(layout, it)
        except TEMPLATE_FAILURES as error:
            _count(layout, error)
            return [blockkit.prose(plainly(it))]

    def _plain_diagnosis(self, it: DiagnosisView) -> str:
        titles = (finding.title for finding in it.diagnosis.findings)
        return "\n".join((self.words.label("findings", target=it.target), *titles))

    # -- people who ask

    def screen(
        self, layout: str, it: Any, *, plainly: str, details: Diagnosis | None = None, most: int = 1
    ) -> tuple[Message, ...]:
        """What somebody is answered, over at most `most` messages; `plainly` is said where the layout fails."""
        blocks = self._or_plain(layout, it, lambda _: plainly)
        if details is not None:
            blocks += self._or_plain("slack/diagnosis.json.j2", self._shown(details), self._plain_diagnosis)
        pages = blockkit.paginate(blocks, most=most, more=self._more())
        return tuple(_message(page) for page in pages)

    def modal(self, layout: str, it: Any, *, plainly: str) -> tuple[Block, ...]:
        """The blocks of a modal; `plainly` is said where the layout fails."""
        blocks = self._or_plain(layout, it, lambda _: plainly)
        return tuple(blockkit.fit_modal(blocks, more=self._more()))

    def details(self, incident: Incident) -> tuple[Block, ...]:
        """All that is known of an incident, as a modal holds it."""
        return tuple(blockkit.fit_modal(self._told(incident), more=self._more()))

    def details_told(self, incident: Incident, *, most: int) -> tuple[Message, ...]:
        """The same in messages, for where no modal can be opened."""
        pages = blockkit.paginate(self._told(incident), most=most, more=self._more())
        return tuple(_message(page) for page in pages)

    def _told(self, incident: Incident) -> list[Block]:
        """To one who asks: nothing to press but what is pressed anywhere."""
        bare = view(incident, self.words, public_url=self._public_url)
        shown = offering(bare, incident, NO_OFFERS, self.words)
        return [*self._or_plain("slack/details.json.j2", shown, lambda it: it.title), *self._whole(shown)]

    # -- diagnoses by hand

    def text(self, diagnosis: Diagnosis) -> str:
        return self._text.get_template("text/diagnosis.txt.j2").render(it=self._shown(diagnosis))

    def markdown(self, diagnosis: Diagnosis) -> str:
        return self._markdown.get_template("markdown/diagnosis.md.j2").render(it=self._shown(diagnosis))

    def blocks(self, diagnosis: Diagnosis) -> list[list[Block]]:
        """One list of blocks for each message that it takes."""
        blocks = self._blocks("slack/diagnosis.json.j2", self._shown(diagnosis))
        return blockkit.paginate(blocks, most=_COMMAND_PAGES, more=self._more())

    def to_json(self, diagnosis: Diagnosis) -> dict[str, Any]:
        return self.words.to_json(diagnosis)

    def _shown(self, diagnosis: Diagnosis) -> DiagnosisView:
        return diagnosis_view(diagnosis, self.words, diagnosis.at)

    # -- environments

    def _environment(
        self, folder: Path, *, finalize: Callable[..., Any], autoescape: bool = False
    ) -> Sandbox:
        words = self.words
        environment = sandbox(
            finalize=finalize,
            duration=words.duration,
            ago=words.ago,
            loader=FileSystemLoader(folder),
            autoescape=autoescape,
        )
        environment.filters.update(
            bullet=lambda text: f"• {text}", change_line=_change_line, gap_line=_gap_line, place=name_of
        )
        environment.globals.update(
            label=words.label,
            chat=words.chat,
            word=words.common,
            code=blockkit.code,
            fits_code=blockkit.fits_code,
            date=blockkit.date,
            since=blockkit.since,
            strong=blockkit.strong,
            quiet=blockkit.quiet,
            joined=_joined,
            mark=lambda verdict: VERDICT_MARKS[Verdict(verdict)],
            by_command=by_command,
            mrkdwn=blockkit.mrkdwn,
            link=blockkit.link,
            link_line=self._link_line,
            links_to=self._links_to,
            links_below=_links_below,
            named=NAMED,
            listed=LISTED,
            fence=markdown.fence,
        )
        return environment

    def _as_markdown(self, value: Any) -> str:
        return markdown.escape(value if isinstance(value, str) else str(self.words.finalize(value)))

    def _blocks(self, layout: str, it: Any) -> list[Block]:
        """Blocks end in a comma each, and the document in `null`."""
        document: list[Block | None] = json.loads(self._slack.get_template(layout).render(it=it))
        return [block for block in document if block is not None]

    def _link_line(self, links: Links) -> Mrkdwn:
        named = (
            (links.console, "console"),
            (links.expression, "expression"),
            (links.runbook, "runbook"),
        )
        made = [blockkit.link(address, self.words.label(name)) for address, name in named if address]
        pieces = [piece for link in made if "|" in link for piece in (Mrkdwn(" · "), link)]
        return blockkit.mrkdwn(*pieces[1:])

    def _links_to(self, key: str, others: Sequence[Linked]) -> Mrkdwn:
        """One line: what they are, the first of them, and how many more there are."""
        links = [piece for one in others[:NAMED] for piece in (", ", _link(one))]
        rest = len(others) - NAMED
        more = f" {self.words.label('more_names', count=rest)}" if rest > 0 else ""
        return blockkit.mrkdwn(self.words.label(key, count=len(others)), " ", *links[1:], more)

    def _more(self) -> str:
        return self.words.label("more_lines")


def _change_line(change: ChangeView) -> str:
    distance = f" ({change.distance})" if change.distance else ""
    return f"{filters.time(change.at)}{distance} {change.object}: {change.text}"


def _gap_line(gap: Unchecked) -> str:
    """The reason first: it is what somebody can do something about."""
    return f"{gap.brief}\n{gap.names}" if gap.brief else gap.names


def _joined(*pieces: object) -> Mrkdwn:
    """Side by side with a dot between them; a piece that a layout leaves out is none."""
    said = [piece for piece in pieces if isinstance(piece, Mrkdwn) and piece]
    return blockkit.mrkdwn(*[part for piece in said for part in (Mrkdwn(" · "), piece)][1:])


def _link(one: Linked) -> Mrkdwn:
    return blockkit.link(one.address, blockkit.inert(one.name))


def _links_below(others: Sequence[Linked]) -> Mrkdwn:
    lines = [piece for one in others for piece in ("\n", "• ", _link(one))]
    return blockkit.mrkdwn(*lines[1:])


def _plain_around(it: IncidentView) -> str:
    return "\n".join(line for line in (it.again, it.same.said) if line)


def _plain_alerts(it: IncidentView) -> str:
    return "\n".join(f"{alert.mark} {alert.title}" for alert in it.alerts)


def _message(page: list[Block]) -> Message:
    return Message(blockkit.inert(cut(blockkit.plain(page), blockkit.TEXT, escaped=True)), tuple(page))


def _top_level(text: str) -> str:
    return blockkit.inert(cut(blockkit.escape(clean(text).strip()), blockkit.TEXT, escaped=True))


def _count(layout: str, error: Exception) -> None:
    WORDS_MISSED.labels(layout).inc()
    log.error("a layout could not be rendered", layout=layout, error=f"{type(error).__name__}: {error}")
