/* What Python and the compiled helper both read and write. cffi reads this file as it is: no includes, one #define a line.
 * All memory belongs to Python; nothing here allocates but the picture's buffers of `fast_unit`. */

#define FAST_SLOT 2048
#define FAST_BURST 64
#define FAST_NAME 28
#define FAST_SOURCE 40
#define FAST_REFUSALS 16
#define FAST_FLOWS 8
#define FAST_ARRIVALS 512

/* A peer's address as the kernel has it, and the control message that names ours. */
struct fast_name {
    uint8_t raw[28];
    uint8_t length;
    uint8_t source_length;
    uint8_t unused[2];
    uint8_t source[40];
};

/* `count` slots in a row to one peer. */
struct fast_run {
    uint32_t first, count;
    struct fast_name to;
};

/* The sending half of a port; as media/live/outbox.py. */
struct fast_outbox {
    int fd;
    uint32_t queue;    /* slots */
    uint32_t longest;  /* datagrams in one message; 1 without UDP_SEGMENT */
    uint32_t next;     /* the first free slot */
    uint32_t granted;  /* by the last fast_reserve */
    uint32_t runs, messages, first; /* runs not yet made into messages; messages; the first that waits */
    uint32_t refusals;
    uint64_t sent, errors;
    uint8_t *slots, *controls;
    void *iovecs, *headers;
    struct fast_run *run, *message; /* `queue` of each */
    struct fast_name refused[16];   /* to whom several datagrams cannot be one message; the oldest is forgotten */
};

/* The receiving half of a port. After fast_take: what is left for Python. */
struct fast_inbox {
    int fd;
    uint32_t name_size, control_size;
    void *headers;
    uint8_t *slots, *names;
    struct fast_outbox *box; /* flushed when nothing is left for Python; NULL: Python flushes */
    int64_t arrival_us;  /* of what is left */
    double now;
    uint32_t others;     /* how many of `other` */
    uint8_t other[64];   /* slots, in their order */
    uint8_t verdict[64]; /* FAST_RAW … of a slot */
};

/* What fast_take returns: how many came, how many are left for Python, whether datagrams wait for the kernel. */
#define FAST_OTHERS 256
#define FAST_WAITING 65536

/* What ended fast_wait. */
#define FAST_TIME 0
#define FAST_EVENT 1
#define FAST_LEFT 2

#define FAST_DONE 0
#define FAST_RAW 1
#define FAST_RTP 2
#define FAST_RTCP 3
#define FAST_DAMAGED 4

/* One SSRC that is received (RFC 3550, A.3, A.8); media/live/source.py. */
struct fast_source {
    int64_t received, bytes, highest, stamp, arrival_us, transit;
    double jitter;
    uint32_t rate;
    uint8_t timed; /* whether there is a `transit` */
};

/* One packet that was forwarded; its payload lies in the arena, if it was not overwritten. */
struct fast_kept {
    int64_t number; /* extended; 0: none */
    uint64_t at;
    uint32_t stamp;
    uint16_t size;
    uint8_t marker, unused;
};

struct fast_outlet;

/* One track as it comes in; media/live/{inlet,numbering,history}.py. */
struct fast_track {
    uint8_t codec;    /* 1 H.264, 2 VP8, 3 VP9, 4 AV1, 5 sound; 0: everything is left to Python */
    uint8_t key_seen; /* a key frame began since Python looked */
    struct fast_source *source; /* whose packets fill it now */
    int64_t highest, newest, shift, stamp_shift, key_number, key_stamp, batch;
    uint32_t stamp;
    double at;
    struct fast_kept *kept;
    uint8_t *arena, *log;
    uint64_t head;
    uint32_t mask, arena_size; /* both powers of two: entries - 1, bytes */
    uint32_t log_size, log_used, log_packets;
    struct fast_outlet **outlets;
    uint32_t outlet_count;
};

struct fast_flow {
    uint32_t ssrc;
    struct fast_source *source;
    struct fast_track *track;
};

/* Which transport-wide number came when. */
struct fast_arrival {
    int64_t at_us;
    uint32_t number, unused;
};

/* One peer; media/live/peer.py. */
struct fast_peer {
    void *inbound, *outbound; /* srtp_t; NULL: none */
    struct fast_outbox *port;
    struct fast_name to;
    double heard;
    uint64_t damaged, bytes;
    uint8_t active; /* whether his packets may fill tracks */
    uint32_t behind; /* the burst of which a packet was left to Python: what follows it is, too */
    uint8_t wide;   /* id of the transport-wide number's extension; 0: none */
    uint32_t flows, arrivals;
    struct fast_flow flow[8];
    struct fast_arrival *arrival; /* FAST_ARRIVALS, or NULL */
};

/* One track as one viewer gets it; media/live/outlet.py. */
struct fast_outlet {
    struct fast_peer *peer;
    uint32_t ssrc;
    uint8_t payload_type, started;
    int64_t first, begin, shift, stamp_shift;
    int64_t packets, octets, dropped;
};

struct fast_place {
    uint8_t raw[28];
    uint32_t length; /* 0: never used */
    struct fast_peer *peer;
};

/* Who is where: a table with open addressing, and libsrtp's functions. */
struct fast_board {
    struct fast_place *places;
    uint32_t mask, used, burst;
    void *unprotect, *unprotect_rtcp, *protect;
};

int fast_layout(void);
int fast_place(struct fast_board *board, const uint8_t *raw, uint32_t length, struct fast_peer *peer);
int fast_take(struct fast_board *board, struct fast_inbox *in, int64_t arrival_us, double now);
int fast_wait(struct fast_board *board, struct fast_inbox *in, int epoll, int milliseconds, int64_t ahead_us, double due);
uint32_t fast_reserve(struct fast_outbox *box, const struct fast_name *to, uint32_t count);
void fast_flush(struct fast_outbox *box);
int fast_keep(struct fast_track *track, int64_t number, uint8_t marker, uint32_t stamp, const uint8_t *payload, uint32_t size);
int64_t fast_find(struct fast_track *track, int64_t number);
int fast_log(struct fast_track *track, int64_t arrival_us, const uint8_t *packet, uint32_t size);

/* One picture of H.264 in the making (RFC 6184); media/wire/h264.py. */
struct fast_unit {
    uint8_t *data, *sets; /* AVC form; parameter sets in the same form */
    uint32_t size, room, sets_size, sets_room;
    uint32_t stamp, pieces, slices, open_size;
    int64_t open;         /* where the length of an unfinished NAL unit lies in `data`; -1: there is none */
    int64_t arrival_us;   /* of its first packet */
    uint8_t begun, whole, key;
};

#define FAST_MORE 0
#define FAST_ENDED 1
#define FAST_BEFORE 2
#define FAST_STRANGE 3

/* How far the walk over a run of packets has come. */
struct fast_walk {
    uint32_t at;       /* in the run */
    uint32_t ssrc, expected;
    uint32_t received; /* packets taken */
};

int fast_push(struct fast_unit *unit, uint32_t stamp, int marker, const uint8_t *payload, uint32_t size, int64_t arrival_us);
int fast_walk(struct fast_unit *unit, struct fast_walk *walk, const uint8_t *run, uint32_t size);
void fast_clear(struct fast_unit *unit);
void fast_free(struct fast_unit *unit);
