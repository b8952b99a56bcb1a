import CHiredis
import NIOCore

func x() { let r = redisReaderCreate(); redisReaderFree(r) }
// placeholder
