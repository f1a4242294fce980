"""What is answered, from its first sign to its last token, and the variants beside it."""

from engine.language import text
from tui.growing import Growing
from tui.quiet_line import quiet_line
from tui.spoken import Spoken
from tui.transcript import Exchange


class Answer(Spoken):
    """The answer to an utterance: the one that grows, else the variant that is shown."""

    def show(self, exchange: Exchange, growing: Growing | None, words: str, *, quiet: bool) -> None:
        """Show what there is.

        Args:
            exchange: that the answer belongs to.
            growing: what is known of an answer on its way.
            words: that are searched for.
            quiet: whether a reply tells in one quiet line how it came about.
        """
        variant, count = exchange.variant, len(exchange.variants)
        self.set_class(growing is not None and not growing.text, "-waiting")
        self.set_class(growing is None and variant is not None and variant.kind == "failed", "error")
        self.set_class(growing is None and variant is None, "-missing")
        if growing:
            self.name_it(growing.title, count, count + 1)
            self.border_subtitle = ""
            self.draw(growing.shown, words)
        elif variant:
            reply = variant.reply
            self.name_it(variant.title, exchange.shown, count)
            self.border_subtitle = quiet_line(reply) if reply and quiet else ""
            self.draw(variant.text or text("(멈춤)", "(stopped)"), words)
        else:
            self.name_it("", 0, 1)
            self.border_subtitle = ""
            self.draw(text("답이 없습니다 · Ctrl+R로 다시 묻기", "No answer · Ctrl+R asks again"), words)
