import Hummingbird
import Configuration
// placeholder
