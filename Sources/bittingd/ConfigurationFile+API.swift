import Gateway
import SeamAPI

extension ConfigurationFile.API {
  /// What the API is told.
  var settings: SeamAPI.Settings {
    var settings = SeamAPI.Settings()
    settings.baseURL = self.baseURL
    settings.corsOrigins = self.corsOrigins
    settings.rateLimitScale = self.rateLimitScale
    settings.requestTimeout = self.requestTimeout
    return settings
  }
}
