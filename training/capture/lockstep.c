/* Lock-step for an unmodified X11 game: preloaded into it, one action in gives one frame out.
 *
 * At every buffer swap the game's picture is read, told through a socket, and the game waits for the next action. From
 * the first swap on its clock stands still except for what each action adds, so that the game neither knows nor
 * cares how long a frame takes to draw or to be waited for. Keys reach it as X events, the mouse as counts.
 *
 * The environment names two inherited file descriptors: ARVD_LOCKSTEP_SOCKET (actions in, frame sizes out) and
 * ARVD_LOCKSTEP_FRAMES (memory that takes the picture: RGB, top row first); ARVD_LOCKSTEP_SHRINK is the factor by
 * which the picture is box-filtered down. Without them nothing is changed. client.py is the other end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <GL/gl.h>
#include <GL/glx.h>
#include <X11/Xlib.h>
#include <X11/keysym.h>

/* The messages; client.py packs and unpacks the same. */
typedef struct { uint32_t keys; int32_t right, down; uint32_t microseconds; } action_t;
typedef struct { uint32_t width, height; } reply_t;

/* Key k is bit k of action_t.keys: the order of model.actions.KEYS; settings.py binds the game's controls to them. */
static const KeySym KEYSYMS[] = {XK_w, XK_s, XK_a, XK_d, XK_space, XK_Shift_L, XK_e, XK_k, XK_l};
enum { KEYS = sizeof KEYSYMS / sizeof *KEYSYMS };

typedef long long ns_t;
static const ns_t SECOND = 1000000000;

/* The function of this name that the game would have called without us. */
#define NEXT(name)                                                         \
    ({                                                                     \
        static __typeof__(&name) next_;                                    \
        if (!next_) next_ = (__typeof__(&name))dlsym(RTLD_NEXT, #name);    \
        next_;                                                             \
    })

static int control = -1; /* the socket; -1: leave everything as it is */

/* ---- the clock ------------------------------------------------------------------------------------------------ */

static ns_t real_start, wall_start;   /* monotonic and calendar time when the game was started */
static atomic_int stepping;           /* from the first swap on */
static atomic_llong stepped;          /* elapsed time while stepping: that of the first swap plus all actions' */
static pthread_t drawing;             /* the thread that swaps */

static ns_t to_ns(struct timespec t) { return t.tv_sec * SECOND + t.tv_nsec; }
static struct timespec to_timespec(ns_t ns) { return (struct timespec){ns / SECOND, ns % SECOND}; }

static ns_t real_now(clockid_t clock) {
    struct timespec now;
    NEXT(clock_gettime)(clock, &now);
    return to_ns(now);
}

static ns_t elapsed(void) {
    return atomic_load(&stepping) ? atomic_load(&stepped) : real_now(CLOCK_MONOTONIC) - real_start;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    ns_t start;
    switch (control < 0 ? -1 : clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: start = wall_start; break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: start = real_start; break;
    default: return NEXT(clock_gettime)(clock, now); /* such as the time a thread has computed */
    }
    *now = to_timespec(start + elapsed());
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    if (control < 0) return NEXT(gettimeofday)(now, zone);
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

/* Other threads sleep until the game's clock or the real one has moved far enough, whichever is first: a server
 * thread keeps up with fast stepping and stays alive while the game waits. The drawing thread paces nothing. */
static void sleep_for(ns_t wanted) {
    if (atomic_load(&stepping) && pthread_equal(pthread_self(), drawing)) return;
    ns_t game_end = elapsed() + wanted, real_end = real_now(CLOCK_MONOTONIC) + wanted;
    for (;;) {
        ns_t left = real_end - real_now(CLOCK_MONOTONIC);
        if (left <= 0 || elapsed() >= game_end) return;
        if (atomic_load(&stepping) && left > SECOND / 2000) left = SECOND / 2000; /* look at the clock again */
        struct timespec nap = to_timespec(left);
        NEXT(nanosleep)(&nap, NULL);
    }
}

int nanosleep(const struct timespec *wanted, struct timespec *left) {
    if (control < 0) return NEXT(nanosleep)(wanted, left);
    sleep_for(to_ns(*wanted));
    return 0;
}

int usleep(useconds_t wanted) {
    if (control < 0) return NEXT(usleep)(wanted);
    sleep_for(wanted * 1000LL);
    return 0;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
    if (control < 0) return NEXT(sem_timedwait)(semaphore, deadline);
    ns_t game_end = to_ns(*deadline) - wall_start;
    ns_t real_end = real_now(CLOCK_MONOTONIC) + game_end - elapsed();
    for (;;) {
        if (sem_trywait(semaphore) == 0) return 0;
        ns_t left = real_end - real_now(CLOCK_MONOTONIC);
        if (left <= 0 || elapsed() >= game_end) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (left > SECOND / 1000) left = SECOND / 1000; /* look at the clock again */
        struct timespec until = to_timespec(real_now(CLOCK_REALTIME) + left);
        if (NEXT(sem_timedwait)(semaphore, &until) == 0) return 0;
        if (errno != ETIMEDOUT && errno != EINTR) return -1;
    }
}

/* ---- the hands ------------------------------------------------------------------------------------------------ */

static Display *display;
static Window window;
static uint32_t held;                                   /* keys that the game believes to be down */
static XEvent waiting[2 * KEYS + 1];                    /* events that the game has not fetched yet */
static int first_waiting, after_waiting;
static int middle_x, middle_y, moved_right, moved_down; /* where the game put the pointer, and the motion since */

static void post(XEvent event) {
    if (after_waiting < (int)(sizeof waiting / sizeof *waiting)) waiting[after_waiting++] = event;
}

static void post_focus(void) { /* the game takes no input before it has the focus */
    XEvent event = {0};
    event.xfocus.type = FocusIn;
    event.xfocus.display = display;
    event.xfocus.window = window;
    post(event);
}

static void post_key(int key, int down) {
    XEvent event = {0};
    event.xkey.type = down ? KeyPress : KeyRelease;
    event.xkey.display = display;
    event.xkey.window = window;
    event.xkey.root = DefaultRootWindow(display);
    event.xkey.same_screen = True;
    event.xkey.keycode = XKeysymToKeycode(display, KEYSYMS[key]);
    event.xkey.time = (Time)(elapsed() / 1000000);
    post(event);
}

static void take(const action_t *action) {
    for (int key = 0; key < KEYS; key++)
        if ((action->keys ^ held) >> key & 1) post_key(key, action->keys >> key & 1);
    held = action->keys;
    moved_right += action->right;
    moved_down += action->down;
}

Window XCreateWindow(Display *on, Window parent, int x, int y, unsigned width, unsigned height, unsigned border,
                     int depth, unsigned class, Visual *visual, unsigned long mask, XSetWindowAttributes *attributes) {
    Window made = NEXT(XCreateWindow)(on, parent, x, y, width, height, border, depth, class, visual, mask, attributes);
    if (width > 1 && height > 1) display = on, window = made; /* not one of the helpers of a pixel */
    return made;
}

int XPending(Display *on) {
    int pending = NEXT(XPending)(on);
    return on == display ? pending + after_waiting - first_waiting : pending;
}

int XNextEvent(Display *on, XEvent *event) {
    if (control < 0 || on != display || first_waiting == after_waiting) {
        int result = NEXT(XNextEvent)(on, event);
        if (control >= 0 && on == display && event->type == FocusOut) event->type = FocusIn;
        return result;
    }
    *event = waiting[first_waiting++];
    if (first_waiting == after_waiting) first_waiting = after_waiting = 0;
    return 0;
}

Bool XQueryPointer(Display *on, Window of, Window *root, Window *child, int *root_x, int *root_y, int *x, int *y,
                   unsigned *mask) {
    if (!atomic_load(&stepping) || on != display)
        return NEXT(XQueryPointer)(on, of, root, child, root_x, root_y, x, y, mask);
    *root = *child = None;
    *root_x = *x = middle_x + moved_right;
    *root_y = *y = middle_y + moved_down;
    *mask = 0;
    return True;
}

static void put_pointer(int x, int y) {
    middle_x = x, middle_y = y;
    moved_right = moved_down = 0;
}

int XWarpPointer(Display *on, Window from, Window to, int from_x, int from_y, unsigned width, unsigned height, int x,
                 int y) {
    put_pointer(x, y);
    if (atomic_load(&stepping)) return 1;
    return NEXT(XWarpPointer)(on, from, to, from_x, from_y, width, height, x, y);
}

/* Of the X Input extension, whose header is not needed for this one. */
Bool XIWarpPointer(Display *on, int device, Window from, Window to, double from_x, double from_y, unsigned width,
                   unsigned height, double x, double y) {
    put_pointer((int)x, (int)y);
    if (atomic_load(&stepping)) return True;
    return NEXT(XIWarpPointer)(on, device, from, to, from_x, from_y, width, height, x, y);
}

/* ---- the eyes ------------------------------------------------------------------------------------------------- */

static uint8_t *frame;      /* shared with the other end */
static size_t frame_bytes;
static unsigned shrink = 1;

/* Box-filter the picture just drawn into the shared memory. */
static void read_picture(unsigned width, unsigned height) {
    static uint8_t *drawn; /* BGRA, bottom row first: as OpenGL has it, so that nothing is converted twice */
    static size_t drawn_bytes;
    unsigned columns = width / shrink, rows = height / shrink, area = shrink * shrink;
    if ((size_t)columns * rows * 3 > frame_bytes) return;
    if (drawn_bytes < (size_t)width * height * 4) {
        drawn_bytes = (size_t)width * height * 4;
        drawn = realloc(drawn, drawn_bytes);
        if (!drawn) abort();
    }
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadBuffer(GL_BACK);
    glReadPixels(0, 0, width, height, GL_BGRA, GL_UNSIGNED_BYTE, drawn);
    uint8_t *out = frame;
    for (unsigned row = 0; row < rows; row++)
        for (unsigned column = 0; column < columns; column++, out += 3) {
            unsigned blue = area / 2, green = area / 2, red = area / 2; /* rounds to nearest */
            for (unsigned y = 0; y < shrink; y++) {
                size_t line = height - 1 - (row * shrink + y);
                const uint8_t *in = drawn + (line * width + column * shrink) * 4;
                for (unsigned x = 0; x < shrink; x++, in += 4) blue += in[0], green += in[1], red += in[2];
            }
            out[0] = red / area, out[1] = green / area, out[2] = blue / area;
        }
}

static int exchange(const reply_t *reply, action_t *action) {
    if (write(control, reply, sizeof *reply) != sizeof *reply) return 0;
    for (size_t got = 0; got < sizeof *action;) {
        ssize_t more = read(control, (char *)action + got, sizeof *action - got);
        if (more == 0 || (more < 0 && errno != EINTR)) return 0;
        if (more > 0) got += more;
    }
    return 1;
}

void glXSwapBuffers(Display *on, GLXDrawable drawable) {
    if (control < 0) {
        NEXT(glXSwapBuffers)(on, drawable);
        return;
    }
    if (!atomic_load(&stepping)) {
        drawing = pthread_self();
        atomic_store(&stepped, elapsed());
        atomic_store(&stepping, 1);
        post_focus();
    }
    Window root;
    int x, y;
    unsigned width = 0, height = 0, border, depth;
    XGetGeometry(display, window, &root, &x, &y, &width, &height, &border, &depth);
    read_picture(width, height);
    NEXT(glXSwapBuffers)(on, drawable);
    reply_t reply = {width / shrink, height / shrink};
    action_t action;
    if (!exchange(&reply, &action)) _exit(0); /* the other end is gone: there is nobody to play for */
    atomic_fetch_add(&stepped, action.microseconds * 1000LL);
    take(&action);
}

__attribute__((constructor)) static void begin(void) {
    const char *to = getenv("ARVD_LOCKSTEP_SOCKET"), *frames = getenv("ARVD_LOCKSTEP_FRAMES");
    const char *factor = getenv("ARVD_LOCKSTEP_SHRINK");
    struct stat memory;
    if (!to || !frames || fstat(atoi(frames), &memory) < 0) return;
    frame_bytes = memory.st_size;
    frame = mmap(NULL, frame_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(frames), 0);
    if (frame == MAP_FAILED) return;
    if (factor) shrink = atoi(factor);
    real_start = real_now(CLOCK_MONOTONIC);
    wall_start = real_now(CLOCK_REALTIME);
    control = atoi(to);
}
