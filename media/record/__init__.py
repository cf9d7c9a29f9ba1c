"""The recorder: packets of a track in, durable fragments, segments and gaps out. Blocks on its own threads only.

    recorder = Recorder(spool, index, store, now_us, on_key_frame_wanted)
    recorder.start()                      # closes what a killed node left open, then runs its threads
    track = recorder.begin(Track(...))    # the same track id continues; raises SurveyEnded
    track.feed([(arrival_us, packet), …]) # never blocks; from any one thread
    track.sender_report(ntp_us, rtp, arrival_us)
    track.interrupt("disconnected")       # a gap opens; it closes with the next packets
    recorder.close_survey(survey)         # Future[list[ClosedTrack]]: durable, and the rows are written
    recorder.close()                      # the node stops: flush, gap "node" opens in every track, wait

`now_us` and every `arrival_us` are one clock: microseconds UTC that never go backwards.
"""

from media.record.recorder import Recorder
from media.record.track import Figures, Limits, RecordedTrack, SurveyEnded

__all__ = ["Figures", "Limits", "RecordedTrack", "Recorder", "SurveyEnded"]
