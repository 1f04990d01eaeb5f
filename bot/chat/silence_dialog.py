"""*Silence…*: the form is opened at once, says while it is filled in what it would hide, and makes the silence when it is sent off.

Slack waits three seconds for a form to open, and not for Alertmanager: what it would hide follows by an update. Who may is asked
for the channel that the form was opened in, at every step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.doorway import Doorway
from bot.chat.live_modal import LiveModals
from bot.chat.ports import Refusal, Result, Voice
from bot.chat.pressing import FAILED, REFUSED, About, Ended, Handlers, Origin, Press
from bot.chat.replies import Reply
from bot.chat.silence_form import AGAIN, CALLBACK, MATCHERS, SPAN, UNTIL, Filled, FormScreens
from bot.chat.silence_rights import UNPINNED, Wanted
from bot.chat.silencing import Anyway, End, Silencing, ended_by
from bot.delivery.modal import Modal
from bot.delivery.transport import Opened
from bot.heard import Heard, Pressed, Submitted
from bot.incidents.silences import Problem
from bot.model import Incident
from bot.observe import log

# The beginnings of actions; the templates of the buttons have them too.
OPEN, END, ANYWAY = "silence", "unsilence", "silence_anyway"
# That somebody opens a form, or types in it, is not worth a line in the audit.
_LOOKED = Ended(Result.DONE, written=True)
# Nothing was made, and the same form may do when something in it is another, or a little later.
_MENDED = frozenset({"not_taken", "not_reached"})


@dataclass(frozen=True, slots=True)
class Dialog:
    """What the three steps share."""

    silencing: Silencing
    voice: Voice
    live: LiveModals
    door: Doorway

    def screens(self, command: str) -> FormScreens:
        return FormScreens(self.silencing.layouts, command)

    async def incident(self, heard: Heard, incident_id: str) -> Incident | None:
        """None for what is not there and for what must not be seen."""
        found = await self.silencing.reads.get(incident_id)
        return found if found is not None and self.silencing.rights.sees(heard, found) else None

    async def found(self, heard: Heard, incident: Incident, filled: Filled) -> Wanted | Refusal | Problem:
        rights = self.silencing.rights
        if not incident.firing:
            return Problem("nothing_fires")
        matchers, until = filled.read(), filled.ends_at(rights.silencer.end)
        if isinstance(matchers, Problem):
            return matchers
        if isinstance(until, Problem):
            return until
        return await rights.wanted(heard, incident, matchers, until)

    async def looked(
        self, heard: Heard, incident: Incident, filled: Filled, at: Origin, screens: FormScreens
    ) -> Modal:
        found = await self.found(heard, incident, filled)
        return screens.form(incident, filled, self.silencing.rights.silencer.end, found, at)

    async def back(
        self,
        submitted: Submitted,
        incident: Incident,
        found: Wanted | Problem,
        reply: Reply,
        screens: FormScreens,
    ) -> None:
        """The form is closed by now. It is opened once more, or what was typed is told, where that is too late."""
        filled, at = Filled.of(submitted.fields), Origin.of(submitted.kept)
        if isinstance(found, Problem) and found.key == "nothing_fires":
            modal = screens.nothing(screens.why(found))
        else:
            modal = screens.back(incident, filled, self.silencing.rights.silencer.end, found, at)
        opened = await self.voice.open_view(submitted.trigger, modal)
        if not isinstance(opened, Opened):
            await reply.show(screens.lost(found, filled.matchers))


@dataclass(frozen=True, slots=True)
class Opens:
    """The button below an incident's message; its value is the incident's id."""

    dialog: Dialog

    def about(self, pressed: Pressed) -> About:
        return About("silence_form", pressed.value)

    async def answer(self, pressed: Pressed, reply: Reply, command: str) -> Ended:
        it, screens = self.dialog, self.dialog.screens(command)
        incident = await it.door.entered(pressed, OPEN, pressed.value, reply, screens)
        if isinstance(incident, Ended):
            return incident
        silencer = it.silencing.rights.silencer
        filled = Filled.first(incident, silencer.end)
        if not silencer.reaches(incident):
            filled = Problem("no_alertmanager", {"cluster": incident.cluster})
        if isinstance(filled, Problem):
            await reply.show(screens.problem(filled))
            return ended_by(filled)
        at = Origin(incident.id, pressed.channel, pressed.ts)
        opened = await it.voice.open_view(
            pressed.trigger, screens.looking(incident, filled, silencer.end, at)
        )
        if not isinstance(opened, Opened):
            log.error("the form of silences was not opened", answer=str(opened))
            await reply.show(screens.not_opened(opened))
            return FAILED
        looked = it.looked(pressed, incident, filled, at, screens)
        await it.live.show(opened.view, opened.hash, looked)
        return _LOOKED


@dataclass(frozen=True, slots=True)
class Looks:
    """Something in the form is another now: what would that hide?"""

    dialog: Dialog

    def about(self, pressed: Pressed) -> About:
        return About("silence_look", Origin.of(pressed.kept).incident_id)

    async def answer(self, pressed: Pressed, _: Reply, command: str) -> Ended:
        await self.dialog.live.show(pressed.view, pressed.hash, self._modal(pressed, command))
        return _LOOKED

    async def _modal(self, pressed: Pressed, command: str) -> Modal:
        it, screens, at = self.dialog, self.dialog.screens(command), Origin.of(pressed.kept)
        incident = await it.incident(pressed, at.incident_id)
        if incident is None:
            limits = it.silencing.rights.limits(pressed)
            return screens.nothing(
                screens.refusal(limits) if limits else screens.why(Problem("no_such_incident"))
            )
        return await it.looked(pressed, incident, Filled.of(pressed.fields), at, screens)


@dataclass(frozen=True, slots=True)
class Sends:
    """The form, sent off. Slack may send it twice: one view makes one silence."""

    dialog: Dialog

    def about(self, submitted: Submitted) -> About:
        filled = Filled.of(submitted.fields)
        what = ", ".join(filled.matchers.split("\n"))
        return About(f"silence {filled.until or filled.span} {what}", Origin.of(submitted.kept).incident_id)

    def problems(self, submitted: Submitted) -> Mapping[str, str]:
        screens, rights = self.dialog.screens("/ops"), self.dialog.silencing.rights
        filled = Filled.of(submitted.fields)
        told, matchers = screens.sentences(filled.problems(rights.silencer.end)), filled.read()
        refused = None if isinstance(matchers, Problem) else rights.against(submitted, matchers)
        # What can be mended in the form is told there; any other refusal is one, and written down.
        if refused is not None and refused.key == UNPINNED:
            return {**told, MATCHERS: screens.refusal(refused)}
        return told

    async def answer(self, submitted: Submitted, reply: Reply, command: str) -> Ended:
        it, screens, at = self.dialog, self.dialog.screens(command), Origin.of(submitted.kept)
        incident = await it.incident(submitted, at.incident_id)
        if incident is None:
            return await it.silencing.nothing_there(submitted, reply, screens, "no_such_incident")
        filled = Filled.of(submitted.fields)
        match await it.found(submitted, incident, filled):
            case Refusal() as refused:
                await reply.show(screens.refused(refused))
                return REFUSED
            case Problem() as problem:
                await it.back(submitted, incident, problem, reply, screens)
                return ended_by(problem)
            case Wanted() as wanted if not (wanted.plain or wanted.within(at.extra)):
                await it.back(submitted, incident, wanted, reply, screens)
                return Ended(Result.ASKED)
            case Wanted() as wanted:
                return await self._made(submitted, wanted, filled, reply, screens)

    async def _made(
        self, submitted: Submitted, wanted: Wanted, filled: Filled, reply: Reply, screens: FormScreens
    ) -> Ended:
        it = self.dialog
        done = await it.silencing.rights.silencer.silence(wanted.order(submitted, submitted.view, filled.why))
        if isinstance(done, Problem) and done.key in _MENDED:
            await it.back(submitted, wanted.incident, done, reply, screens)
        elif isinstance(done, Problem):
            await reply.show(screens.problem(done))
        elif done.already and not done.again:
            await reply.show(screens.made(wanted, done))
        return Ended(Result.FAILED if isinstance(done, Problem) else Result.DONE, written=True)


def silence_handlers(silencing: Silencing, voice: Voice, door: Doorway) -> Handlers:
    """Every button and form of silences."""
    dialog = Dialog(silencing, voice, LiveModals(voice), door)
    presses: dict[str, Press] = {
        OPEN: Opens(dialog),
        END: End(silencing),
        ANYWAY: Anyway(silencing),
        **dict.fromkeys((MATCHERS, SPAN, UNTIL, AGAIN), Looks(dialog)),
    }
    return Handlers(presses, {CALLBACK: Sends(dialog)})
