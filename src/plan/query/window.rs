//! WINDOW: sizes, grace period and retention in milliseconds.

use tidemill_grammar::ast::{Duration, Emit, Window, WindowKind};

use crate::catalog::KeyWindow;
use crate::error::Error;
use crate::plan::{WindowShape, WindowSpec};

/// How long windows take late records, their own size included, where the statement does not say.
const DEFAULT_LATENESS_MS: i64 = 86_400_000;
/// The longest time that is taken: sums of a few of them do not overflow.
const DURATION_MAX_MS: i64 = i64::MAX / 8;

/// Returns a duration in milliseconds.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.millis()).unwrap_or(i64::MAX).min(DURATION_MAX_MS)
}

/// Returns the windows that a clause describes.
pub(super) fn window_spec(window: &Window, emit: Option<Emit>) -> Result<WindowSpec, Error> {
    let wrong = |message: &str| {
        Err(Error::statement(message).at(window.position.line, window.position.column))
    };
    let (shape, size_ms) = match window.kind {
        WindowKind::Tumbling { size } => {
            (WindowShape::Tumbling { size_ms: millis(size) }, millis(size))
        }
        WindowKind::Hopping { size, advance } => {
            let (size_ms, advance_ms) = (millis(size), millis(advance));
            if advance_ms == 0 || size_ms < advance_ms {
                return wrong(
                    "Window advance interval should be more than zero and no more than the window size.",
                );
            }
            (WindowShape::Hopping { size_ms, advance_ms }, size_ms)
        }
        WindowKind::Session { gap } => (WindowShape::Session { gap_ms: millis(gap) }, millis(gap)),
    };
    if size_ms == 0 {
        return wrong("Window size must be more than zero.");
    }
    // What is not kept any more takes no late records.
    let lateness_ms = window.retention.map_or(DEFAULT_LATENESS_MS, millis).min(DEFAULT_LATENESS_MS);
    let default_grace = match emit {
        Some(Emit::Final) => 0,
        Some(Emit::Changes) | None => (lateness_ms - size_ms).max(0),
    };
    let grace_ms = window.grace.map_or(default_grace, millis);
    let least_ms = size_ms + grace_ms;
    let retention_ms = window.retention.map_or(least_ms, millis);
    if retention_ms < least_ms {
        return wrong(
            "The retention of windows must be at least their size and grace period together.",
        );
    }
    Ok(WindowSpec { shape, grace_ms, retention_ms })
}

/// Returns the windows that keys of such an aggregation have.
pub(super) fn key_window(shape: WindowShape) -> KeyWindow {
    match shape {
        WindowShape::Tumbling { size_ms } => KeyWindow::Tumbling { size_ms },
        WindowShape::Hopping { size_ms, .. } => KeyWindow::Hopping { size_ms },
        WindowShape::Session { .. } => KeyWindow::Session,
    }
}
