import OpenMetrics
import Testing

@Suite("Metrics as OpenMetrics text")
struct OpenMetricsTextTests {
  @Test("each kind has its names, units stand behind the name, and the text ends with EOF")
  func kinds() {
    var jobs = MetricFamily("bitting_jobs", .counter, "Jobs done.")
    jobs.add(3, labels: ["kind": "program", "outcome": "done"])
    var size = MetricFamily("bitting_store_size", .gauge, unit: "bytes", "Size.")
    size.add(4096)
    var build = MetricFamily("bitting_build", .info, "The program.")
    build.add(1, labels: ["version": "0.1.0"])
    var duration = MetricFamily("bitting_job_duration", .histogram, unit: "seconds", "Time.")
    var histogram = Histogram(bounds: [0.1, 1, 10])
    for value in [0.05, 0.1, 0.5, 70] { histogram.add(value) }
    duration.add(histogram)
    #expect(
      OpenMetricsText.text(of: [size, jobs, duration, build]) == """
        # TYPE bitting_build info
        # HELP bitting_build The program.
        bitting_build_info{version="0.1.0"} 1
        # TYPE bitting_job_duration_seconds histogram
        # UNIT bitting_job_duration_seconds seconds
        # HELP bitting_job_duration_seconds Time.
        bitting_job_duration_seconds_bucket{le="0.1"} 2
        bitting_job_duration_seconds_bucket{le="1.0"} 3
        bitting_job_duration_seconds_bucket{le="10.0"} 3
        bitting_job_duration_seconds_bucket{le="+Inf"} 4
        bitting_job_duration_seconds_count 4
        bitting_job_duration_seconds_sum 70.65
        # TYPE bitting_jobs counter
        # HELP bitting_jobs Jobs done.
        bitting_jobs_total{kind="program",outcome="done"} 3
        # TYPE bitting_store_size_bytes gauge
        # UNIT bitting_store_size_bytes bytes
        # HELP bitting_store_size_bytes Size.
        bitting_store_size_bytes 4096
        # EOF

        """)
  }

  @Test("what would end a label's value or a line is escaped")
  func escaping() {
    var family = MetricFamily("bitting_lock_online", .gauge, "With \"quotes\"\nand lines.")
    family.add(true, labels: ["lock": "Tür \"1\"\\\n"])
    let text = OpenMetricsText.text(of: [family])
    #expect(text.contains(#"bitting_lock_online{lock="Tür \"1\"\\\n"} 1"#))
    #expect(text.contains(#"# HELP bitting_lock_online With \"quotes\"\nand lines."#))
  }

  @Test("a family without values is not there")
  func empty() {
    #expect(OpenMetricsText.text(of: [MetricFamily("bitting_nothing", .gauge, "Nothing.")]) == "# EOF\n")
  }

  @Test("time that ran backwards counts as none")
  func backwards() {
    var histogram = Histogram(bounds: [1])
    histogram.add(.seconds(-5))
    #expect(histogram.sum == 0)
    #expect(histogram.counts == [1, 0])
  }
}
