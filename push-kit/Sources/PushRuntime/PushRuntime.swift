import Configuration
import Hummingbird
// placeholder
