import Foundation
import Gateway
import Glibc
import LockCore
import LockTransport
import OpenMetrics

/// What the kernel measures of this process and of the disk that it remembers on.
struct ProcessMetrics {
  /// When the daemon was started.
  private let startedAt = Reactor.now.date
  /// The data directory.
  let directory: String
  /// The daemon's version.
  let version: String

  /// As of now.
  var families: [MetricFamily] {
    var build = MetricFamily("bitting_build", .info, "The daemon's version.")
    build.add(1, labels: ["version": self.version])
    var started = MetricFamily("process_start_time", .gauge, unit: "seconds", "When the daemon was started.")
    started.add(Double(self.startedAt.milliseconds) / 1000)
    return [build, started] + self.consumption + self.disk
  }

  private var consumption: [MetricFamily] {
    var families: [MetricFamily] = []
    var usage = rusage()
    if unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      var cpu = MetricFamily("process_cpu", .counter, unit: "seconds", "Processor time.")
      let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
      cpu.add(Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6)
      var switches = MetricFamily("bitting_process_wakeups", .counter, "How often a thread was woken after it waited.")
      switches.add(usage.ru_nvcsw)
      families += [cpu, switches]
    }
    let status = Self.fields(of: "/proc/self/status")
    if let kibibytes = status["VmRSS"] {
      var memory = MetricFamily("process_resident_memory", .gauge, unit: "bytes", "Memory in use.")
      memory.add(kibibytes * 1024)
      families.append(memory)
    }
    if let count = status["Threads"] {
      var threads = MetricFamily("bitting_process_threads", .gauge, "Threads.")
      threads.add(count)
      families.append(threads)
    }
    if let bytes = Self.fields(of: "/proc/self/io")["write_bytes"] {
      var written = MetricFamily(
        "bitting_process_written", .counter, unit: "bytes", "Bytes that the daemon has caused to be written to disks.")
      written.add(bytes)
      families.append(written)
    }
    if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      var descriptors = MetricFamily("process_open_fds", .gauge, "Open descriptors.")
      descriptors.add(open)
      families.append(descriptors)
    }
    return families
  }

  private var disk: [MetricFamily] {
    guard let space = DiskSpace(at: self.directory) else { return [] }
    var free = MetricFamily("bitting_disk_free", .gauge, unit: "bytes", "Room left on the disk of the data directory.")
    free.add(space.free)
    var size = MetricFamily("bitting_disk_size", .gauge, unit: "bytes", "Size of the disk of the data directory.")
    size.add(space.size)
    return [free, size]
  }

  /// The first number behind each name of a file that has lines of `name: number`.
  private static func fields(of path: String) -> [String: Int] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
    return text.split(separator: "\n").reduce(into: [:]) { fields, line in
      let parts = line.split(whereSeparator: { ": \t".contains($0) })
      if parts.count >= 2, let number = Int(parts[1]) { fields[String(parts[0])] = number }
    }
  }
}
