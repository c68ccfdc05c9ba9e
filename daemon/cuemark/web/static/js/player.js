// The player: the original where the browser plays it, else a proxy, visibly marked; stepping by exact frames.

import { post, url } from "./api.js";
import { button, h } from "./dom.js";
import * as live from "./live.js";
import { complain } from "./notes.js";
import { clock } from "./time.js";

const SPEEDS = [1, 2, 4, 8];

export class Player extends EventTarget {
  constructor(media, frames, offset) {
    super();
    this.media = media;
    this.frames = frames;
    this.offset = offset; // a player's 0 is the container's start; ours the first frame
    this.speed = 0;
    this.video = h(frames.hasPicture ? "video" : "audio", {
      src: url("/media", media.fingerprint), preload: "auto", playsinline: true, controls: !frames.hasPicture, "aria-label": "Footage",
      onerror: () => this.failed(), ontimeupdate: () => this.tell(), onseeked: () => this.tell(), onpause: () => this.tell(), onplay: () => this.run(),
      onloadeddata: () => this.checkPicture(),
    });
    this.mark = h("p", { class: "proxy", role: "status", hidden: true });
    this.time = h("output", { class: "timecode", "aria-label": "Playhead" });
    this.element = h("div", { class: "player" }, this.video, this.mark,
      h("div", { class: "row transport" },
        button("◂|", () => this.step(-1), { key: "←", title: "One frame back", "aria-label": "One frame back" }),
        button("▶", () => this.toggle(), { key: "Space", title: "Play or stop", "aria-label": "Play or stop" }),
        button("|▸", () => this.step(1), { key: "→", title: "One frame on", "aria-label": "One frame on" }),
        this.time));
  }

  get seconds() {
    return Math.max(0, this.video.currentTime - this.offset);
  }

  get frame() {
    return this.frames.shownAt(this.seconds);
  }

  // The playhead as an exact time: that of the frame that is shown.
  get exact() {
    return this.frames.exact(this.frame);
  }

  go(seconds) {
    this.goFrame(this.frames.frameAt(seconds));
  }

  goFrame(frame) {
    const inside = Math.min(this.frames.lastFrame, Math.max(0, frame));
    this.video.currentTime = this.frames.middle(inside) + this.offset;
    this.tell();
  }

  step(frames) {
    this.stop();
    this.goFrame(this.frame + frames);
  }

  toggle() {
    if (this.video.paused && !this.speed) this.play(1);
    else this.stop();
  }

  // J and L again go faster; K stops.  Backwards is stepped, since browsers do not play so.
  shuttle(direction) {
    const faster = Math.sign(this.speed) === direction ? SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(Math.abs(this.speed)) + 1)] : 1;
    this.play(direction * faster);
  }

  play(speed) {
    this.stop();
    this.speed = speed;
    if (speed > 0) {
      this.video.playbackRate = speed;
      this.video.play().catch(() => { this.speed = 0; });
    } else {
      this.backwards = setInterval(() => this.frame > 0 ? this.goFrame(this.frame - Math.max(1, Math.round((-speed * this.frames.rate) / 10))) : this.stop(), 100);
    }
  }

  stop() {
    clearInterval(this.backwards);
    this.speed = 0;
    if (!this.video.paused) this.video.pause();
  }

  // Between the browser's own sparse time updates the playhead follows each frame.
  run() {
    const follow = () => {
      if (this.video.paused || !this.video.isConnected) return;
      this.tell();
      requestAnimationFrame(follow);
    };
    follow();
  }

  tell() {
    this.time.value = `${clock(this.seconds, 2)}  ·  ${this.frame}`;
    this.dispatchEvent(new Event("moved"));
  }

  // A browser may "play" what it cannot decode as a silent black picture.
  checkPicture() {
    if (this.frames.hasPicture && !this.video.videoWidth) this.failed();
    else this.tell();
  }

  async failed() {
    if (this.proxied) return this.say("This browser plays neither the original nor the proxy.");
    this.proxied = true;
    this.say("This browser does not play the original. A proxy is being made …");
    try {
      const { job, ready } = await post(url("/api/proxies", this.media.fingerprint));
      if (ready) this.useProxy();
      else this.stopWaiting = live.on("job", (each) => each.id === job.id && this.follow(each));
    } catch (error) {
      this.say(error.message);
      complain(error);
    }
  }

  follow(job) {
    if (job.progress?.total) this.say(`A proxy is being made … ${Math.round((100 * job.progress.done) / job.progress.total)} %`);
    if (job.state === "succeeded") this.useProxy();
    else if (job.error) this.say(`No proxy could be made: ${job.error.message}`);
    if (["succeeded", "failed", "cancelled"].includes(job.state)) this.stopWaiting?.();
  }

  useProxy() {
    const at = this.seconds;
    this.offset = 0;
    this.video.src = url("/proxies", this.media.fingerprint);
    this.video.addEventListener("loadeddata", () => this.go(at), { once: true });
    this.say("You see a proxy; the original is used for everything else.");
  }

  say(text) {
    this.mark.hidden = !text;
    this.mark.textContent = text;
  }

  end() {
    this.stop();
    this.stopWaiting?.();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
