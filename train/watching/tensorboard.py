"""The figures of a training as TensorBoard reads them; written by TensorFlow itself, without the package `tensorboard`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CounselError
from engine.language import text
from train.events import Epoch, Event, Step

FILES = "events.out.tfevents.*"


class TensorBoardLog:
    """Writes scalars into event files: at each step `loss`, `learning_rate`, `gradient_norm` and `tokens_per_second`
    (without padding), at each epoch `validation_loss`, `accuracy/level_1` and so on, `accuracy/label` and `macro_f1`.

    Args:
        folder: for the files; made if need be.
        done: updates that an earlier run has made, whose figures stay; all later ones are removed.

    Raises:
        CounselError: the folder cannot be written.
    """

    def __init__(self, folder: Path, done: int = 0) -> None:
        import tensorflow as tf

        self._folder, self._done = folder, done
        with _writable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob(FILES)):
                _keep(path, done) if done else path.unlink()
            self._writer = tf.summary.create_file_writer(str(folder))
        # What `tf.summary.scalar` would write: that function alone needs the package `tensorboard`.
        plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        self._metadata = tf.compat.v1.SummaryMetadata(plugin_data=plugin)
        self._tf = tf

    def watch(self, event: Event) -> None:
        """Write the figures of a step or an epoch that is not there yet, so that they are in the file when this returns.

        Raises:
            CounselError: they cannot be written, as on a full disk.
        """
        if isinstance(event, Step) and event.total > self._done:
            figures: dict[str, float | None] = {
                "loss": event.loss,
                "learning_rate": event.learning_rate,
                "gradient_norm": event.gradient_norm,
                "tokens_per_second": (event.positions - event.padding) / max(1e-9, event.seconds),
            }
            self._write(event.total, figures)
        elif isinstance(event, Epoch) and event.steps >= self._done:
            levels = [f"level_{level}" for level in range(1, len(event.accuracy))]
            accuracies = dict(zip([*levels, "label"], event.accuracy, strict=False))
            figures = {f"accuracy/{level}": accuracy for level, accuracy in accuracies.items()}
            figures |= {"validation_loss": event.validation_loss, "macro_f1": event.macro_f1}
            self._write(event.steps, figures)

    def _write(self, step: int, figures: dict[str, float | None]) -> None:
        tf = self._tf
        with _writable(self._folder), self._writer.as_default():
            for name, value in figures.items():
                if value is not None:
                    tf.summary.write(name, tf.constant(value, tf.float32), step, self._metadata)
            self._writer.flush()


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Say in one line that something in a folder could not be written."""
    import tensorflow as tf

    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise CounselError(
            text(
                f"{folder}: TensorBoard 기록을 쓸 수 없습니다. 공간과 권한을 확인하세요.",
                f"{folder}: TensorBoard's files cannot be written. Check its space and permissions.",
            )
        ) from error


def _keep(path: Path, done: int) -> None:
    """Rewrite an event file with what was told up to a step; what follows a damaged record is lost."""
    import tensorflow as tf

    new = path.with_name(f"{path.name}.new")
    with tf.io.TFRecordWriter(str(new)) as writer:
        try:
            for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                if tf.compat.v1.Event.FromString(record).step <= done:
                    writer.write(record)
        except tf.errors.DataLossError:
            pass  # its writer was killed
    new.replace(path)
