"""What C's localtime says: reads lines of a TZ and moments, writes the offsets from UTC in seconds."""
import os, sys, time

for line in sys.stdin:
    zone, *moments = line.rstrip("\n").split("\t")
    os.environ["TZ"] = zone
    time.tzset()
    print(*[time.localtime(int(moment)).tm_gmtoff for moment in moments])
