import PushStreamCore

/// Something with one timer on the wheel of its event loop.
class LoopTimed: TimerWheelEntry {
    final var timerPlace = TimerPlace.none

    /// The deadline has come. The timer is unset by then.
    func timerFired() {}
}
