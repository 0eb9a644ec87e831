/// The example of the documentation: a site with one door.
package enum ConfigurationExample {
  /// The file.
  package static let text = """
    site:
      name: Harbour Street 12
      time_zone: Europe/Berlin

    api:
      cors_origins: [https://panel.example]

    lines:
      - name: front
        port: /dev/serial/by-id/usb-FTDI_USB-RS485_Cable_FT1234-if00-port0
        baud: 9600
        protocol: osdp
        devices:
          - name: front-reader
            address: 5
            secure_channel: required
            key_file: front-reader.key

    doors:
      - name: Front Door
        reader: { device: front-reader, reader: 0, led: 0 }
        strike: { device: front-reader, output: 0, seconds: 3 }
        contact: { device: front-reader, input: 0, open_when: active }
        exit_button: { device: front-reader, input: 1 }
        keypad: { terminator: "#", inter_digit_timeout: 5s, code_lengths: [4, 5, 6, 7, 8] }
        lock_out: { wrong_codes: 5, within: 60s, duration: 60s }

    """
}
