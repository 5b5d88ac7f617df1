// The loops, which run in the page: bundled with one contender, and the same for all.

import * as contender from 'contender';

// How long a sample takes, in milliseconds: the clock of WebKitGTK has ticks of one.
const SAMPLE_MILLIS = 300;

// Spans between two flushes: fewer than a full batch of any contender, but for Faro, whose have 30.
const BURST = 500;

const KINDS = ['span', 'attribute', 'active'];

// Evaluations in a sample of them: one takes less than a tick of any clock.
const EVALUATIONS = 50;

// The spans of a page that is busy, and how they come: 4000 in a second.
const STEADY = 10_000;
const TICK_MILLIS = 10;
const SPANS_PER_TICK = 40;

// What a loop writes to the console in one task.
const LINES = 10_000;

window.bench = {
  /**
   * The microseconds to start and end a span of each kind, without those of its batch, and those that a
   * flush keeps the page.
   */
  async burst() {
    const micros = { span: 0, attribute: 0, active: 0, flush: 0 };
    let turns = 0;
    await contender.flush();
    for (
      const end = performance.now() + SAMPLE_MILLIS;
      performance.now() < end;
      turns++
    ) {
      // In turn, because a page is slower when it has just been idle.
      for (const kind of KINDS) {
        const record = contender[kind];
        const start = performance.now();
        for (let index = 0; index < BURST; index++) record(index);
        const recorded = performance.now();
        const sent = contender.flush();
        const flushed = performance.now();
        await sent;
        micros[kind] += ((recorded - start) * 1e3) / BURST;
        micros.flush += ((flushed - recorded) * 1e3) / KINDS.length;
      }
    }
    for (const figure in micros) micros[figure] /= turns;
    return micros;
  },

  /** The milliseconds that a script takes a page which has not seen it before, from its text to its end. */
  evaluate(script) {
    const { fetch, __TAURI_INTERNALS__ } = window;
    const start = performance.now();
    for (let index = 0; index < EVALUATIONS; index++) {
      const page = Object.assign(new EventTarget(), {
        fetch,
        __TAURI_INTERNALS__,
      });
      // Another text each time, because engines know a script again.
      const text = `${script}//${start + index}`;
      new Function('window', 'document', text)(page, new EventTarget());
    }
    return (performance.now() - start) / EVALUATIONS;
  },

  /** The microseconds of a fetch as tauri makes it for an invoke, and of its span if it has one. */
  async invoke() {
    let invokes = 0;
    const start = performance.now();
    while (performance.now() - start < SAMPLE_MILLIS) {
      for (let index = 0; index < BURST; index++) {
        await window.fetch('ipc://localhost/greet', {
          method: 'POST',
          headers: new Headers(),
          body: '{}',
        });
      }
      await contender.flush();
      invokes += BURST;
    }
    return ((performance.now() - start) * 1e3) / invokes;
  },

  /** How many long tasks a busy page has, and the milliseconds of the longest. */
  async steady() {
    const long = [];
    const observer = new PerformanceObserver((list) =>
      long.push(...list.getEntries().map((entry) => entry.duration)),
    );
    observer.observe({ type: 'longtask' });
    for (let index = 0; index < STEADY;) {
      await tick();
      const end = index + SPANS_PER_TICK;
      while (index < end) contender.attribute(index++);
    }
    await contender.flush();
    // An entry comes in a task of its own, after the one that was long.
    await tick();
    observer.disconnect();
    return { longTasks: long.length, longest: Math.max(0, ...long) };
  },

  /** The milliseconds of the task in which a loop writes to the console, and the messages that are sent of it. */
  async storm() {
    await contender.flush();
    const before = window.sentMessages;
    const start = performance.now();
    for (let line = 0; line < LINES; line++)
      window.console.error('a line', line);
    const millis = performance.now() - start;
    await contender.flush();
    return { storm: millis, stormMessages: window.sentMessages - before };
  },
};

/** The next tick of the busy page. */
const tick = () => new Promise((resolve) => setTimeout(resolve, TICK_MILLIS));
