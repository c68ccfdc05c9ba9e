// Exact time: seconds as fractions "n/d", which are compared and shown as numbers and sent back as they came.

export function parse(text) {
  const [numerator, denominator = "1"] = String(text).split("/");
  return Number(numerator) / Number(denominator);
}

// A frame of the media: the number nearest to a time, and the time of a number, as the exact fraction of its rate.
export class FrameClock {
  constructor(media) {
    const [numerator, denominator = "1"] = media.rate.split("/");
    this.numerator = Number(numerator);
    this.denominator = Number(denominator);
    this.rate = this.numerator / this.denominator;
    this.duration = parse(media.duration);
    this.hasPicture = media.has_picture;
  }

  frameAt(seconds) {
    return Math.max(0, Math.round(seconds * this.rate));
  }

  exact(frame) {
    return `${frame * this.denominator}/${this.numerator}`;
  }

  // The middle of a frame, where a player is sure to show it.
  middle(frame) {
    return (frame + 0.5) / this.rate;
  }

  // The frame a player shows at a time of its clock.
  shownAt(seconds) {
    return Math.max(0, Math.floor(seconds * this.rate + 1e-4));
  }

  get lastFrame() {
    return Math.max(0, Math.ceil(this.duration * this.rate) - 1);
  }
}

export function clock(seconds, fraction = 0) {
  const unit = 10 ** fraction;
  const total = Math.max(0, Math.round(seconds * unit));
  const whole = Math.floor(total / unit);
  const h = Math.floor(whole / 3600);
  const m = Math.floor(whole / 60) % 60;
  const s = whole % 60;
  const two = (value) => String(value).padStart(2, "0");
  const rest = fraction ? `.${String(total % unit).padStart(fraction, "0")}` : "";
  return h ? `${h}:${two(m)}:${two(s)}${rest}` : `${m}:${two(s)}${rest}`;
}

export function span(start, end) {
  return `${clock(parse(start), 1)} – ${clock(parse(end), 1)}`;
}

export function length(seconds) {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds);
}
