import OpenMetrics
import Supervision

extension Watchdog {
  /// How many loops are watched, and how many of them are caught.
  var families: [MetricFamily] {
    let verdict = self.verdict
    var loops = MetricFamily("bitting_loops", .gauge, "Loops of the daemon that are watched.")
    loops.add(verdict.count)
    var stuck = MetricFamily("bitting_loops_stuck", .gauge, "Loops of the daemon that do not advance.")
    stuck.add(verdict.stuck.count)
    return [loops, stuck]
  }
}
