"""Finished files: probe and derive. Runs in the worker only, parsers and encoders as limited children.

Nothing here knows a database, a case or a page. A file is a `Source`: `LocalFile(path)`, or anything with `size` and
`read(offset, length) -> bytes` (a range reader over a remote object). Results are frozen dataclasses; `plain.plain`
makes JSON of any of them. What is wrong is a `FileRefused` whose `code` is in `errors.CODES`, the one list; pages have
a sentence for each. Media times are integer ticks of a stated time base, or float seconds where they are only shown.

What a worker calls, module by module:

    kind.sniff(source) -> Kind(kind, format)
        video, audio, photo, document, sidecar or zip; by content, never by name
    pair.pairs(names) -> {sidecar name: film name}
    archive.entries(path) -> [Entry]; archive.unpack(path, entry, out)
        a ZIP's harmless members; bombs, traversal and absurd counts are refused
    examine.examine(source) -> Media
        container, streams, colour, rotation, times, damage; `.playable` says whether `package` will do (else
        `transcode`), `.why_not` why not
    package.package(source, media, folder) -> Package
        fMP4 without encoding the picture: one file a track (`.tracks[].file`); `package.playlists(made, urls)` are HLS
        by byte ranges, {name: text}; `package.index(made, urls)` the JSON for our player; `.stamps` of the picture;
        `package.dumped` and `loaded` keep it. `package.times(source, media)` is the table of a source that is encoded
    transcode.ladder(media) -> [Rung], lowest first; transcode.transcode(path, media, rung, out) -> Path
        an MP4 with every picture of the source at its own time: give it to `examine` and `package`; `seconds=10` makes
        only the beginning, to be looked at until the rest is there
    stamps.Stamps: `.index(seconds)`, `.moment(index)`, `.middle(index)`; stamps.carry(source, other, index);
        stamps.packed(stamps) and unpacked(plain) keep it as JSON
    recover.recover(source, folder, lenders) -> Recovered
        recovered.mp4 out of a film whose index was never written; films of the same camera lend parameter sets
    pipeline.derive(source, media, folder) -> Derived
        poster.jpg, storyboard.jpg, storyboard.vtt, waveform.json and quality, in one walk and one decode
    photo.develop(source, folder) -> Photo
        facts, thumbnail.jpg, view.jpg, tiles/LEVEL/COLUMN_ROW.jpg for large ones
    document.pages(source, folder) -> Document
        page-N.jpg and facts of a PDF
    telemetry.read: read_sidecar(data), read_video(source, media), read_photo(photo) -> Telemetry
        telemetry.written.geojson(t), gpx(t); telemetry.checks.check(t, polygon, window, container, uploaded) -> [Check]

Long ones take `progress(share)`, called with 0 to 1, and `cancelled() -> bool`, asked four times a second (`Cancelled`
is raised). Files are written under the names above into `folder`, which must exist; after an error or a kill they may
be partial: start again, everything is overwritten. `limited.run` serves recorded bytes (snapshots, `probe`).
"""
