"""Opens pages in a headless Chromium and looks at them: browser.py CHROMIUM PAGE [SHOTS].

For windows of 1280 and 400 pixels, light, dark and in print: no two texts of a picture lie on each other, nothing is
wider than the window, the console stays empty, the leading metric is in the first screen, a number appears under the
pointer, and a click on the legend hides a curve. Prints a line for each fault; the exit code says whether there was
any. SHOTS: a folder for pictures of what was seen. Speaks DevTools' protocol over a pipe, so it needs no package.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

LOOK = r"""(() => {
  const seen = e => { const b = e.getBoundingClientRect();
    return b.width > 0 && b.height > 0 && e.checkVisibility() ? b : null; };
  const faults = [];
  for (const svg of document.querySelectorAll('svg.chart, svg.heat')) {
    const boxes = [...svg.querySelectorAll('text')].map(t => [t, seen(t)]).filter(p => p[1]);
    const frame = seen(svg);
    for (let i = 0; i < boxes.length; i++) {
      const [t, a] = boxes[i];
      if (a.left < frame.left - 2 || a.right > frame.right + 2 || a.bottom > frame.bottom + 2)
        faults.push(svg.getAttribute('aria-label') + ': cut off: ' + t.textContent);
      for (let j = 0; j < i; j++) {
        const [u, b] = boxes[j];
        const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (w > 1 && h > 0.3 * Math.min(a.height, b.height))
          faults.push(svg.getAttribute('aria-label') + ': "' + t.textContent + '" lies on "' + u.textContent + '"');
      }
    }
    if (svg.getAttribute('role') !== 'img' || !svg.getAttribute('aria-label')) faults.push('a chart without a label');
  }
  const flow = [...document.querySelectorAll('h1, h2, h3, p, figure, .scroll, .legend, summary')].map(e => [e, seen(e)])
    .filter(p => p[1]);
  for (let i = 1; i < flow.length; i++) {
    const [e, a] = flow[i], [f, b] = flow[i - 1];
    if (f.contains(e)) continue;
    const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (w > 1 && h > 2) faults.push(e.textContent.slice(0, 30) + ' lies on ' + f.textContent.slice(0, 30));
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) faults.push('wider than the window');
  const lead = document.querySelector('p.lead'), box = lead && seen(lead);
  if (!box || box.bottom > innerHeight) faults.push('the leading metric is not in the first screen');
  return faults;
})()"""

CHART = r"""(() => {
  const svg = document.querySelector('svg.chart');
  if (!svg) return null;
  svg.scrollIntoView({block: 'center'});
  const b = svg.getBoundingClientRect();
  return {x: b.left + b.width * 0.6, y: b.top + b.height * 0.4};
})()"""
TIP = "(() => { const t = document.querySelector('.tip'); return t && !t.hidden ? t.textContent : ''; })()"
SWITCH = r"""(() => {
  const svg = document.querySelector('svg.chart.all');
  if (!svg) return '';
  const key = [...document.querySelectorAll('.legend.all [data-c]')].find(
    k => svg.querySelector('[data-c="' + k.dataset.c + '"]'));
  if (!key) return 'nothing to switch off';
  const curve = svg.querySelector('[data-c="' + key.dataset.c + '"]'), was = getComputedStyle(curve).display;
  key.click();
  const now = getComputedStyle(curve).display;
  key.click();
  return was !== 'none' && now === 'none' && getComputedStyle(curve).display !== 'none' ? '' : 'the legend does nothing';
})()"""


class Browser:
    def __init__(self, program):
        self.home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        there, self.write = os.pipe()
        self.read, back = os.pipe()
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--remote-debugging-pipe", "--user-data-dir=" + self.home.name, "--no-first-run",
                   "--disable-extensions", "--hide-scrollbars", "about:blank"]

        def place():
            os.dup2(there, 103)
            os.dup2(back, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.child = subprocess.Popen(command, preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        os.close(there)
        os.close(back)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None

    def message(self):
        while b"\0" not in self.buffer:
            part = os.read(self.read, 1 << 20)
            if not part:
                raise SystemExit("the browser is gone")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.write, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.message())

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise SystemExit(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def open(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def close(self):
        self.session = None
        self.call("Browser.close")
        self.child.wait(20)
        self.home.cleanup()


def complaints(events):
    for e in events:
        if e.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            yield "the console says " + json.dumps(e["params"])[:200]
        if e.get("method") == "Log.entryAdded" and e["params"]["entry"]["level"] in ("error", "warning"):
            yield "the log says " + e["params"]["entry"]["text"]


def look(browser, page, width, how, shots):
    height = 800
    browser.events = []
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", media="print" if how == "print" else "screen",
                 features=[{"name": "prefers-color-scheme", "value": "dark" if how == "dark" else "light"}])
    began = time.monotonic()
    browser.call("Page.navigate", url="file://" + os.path.abspath(page))
    browser.wait("Page.loadEventFired")
    browser.value("new Promise(requestAnimationFrame) && 0")
    took = time.monotonic() - began
    faults = list(browser.value(LOOK))
    if shots:
        size = browser.value("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(size, 6000), "scale": 1}
        picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        name = os.path.splitext(os.path.basename(page))[0]
        with open(os.path.join(shots, f"{name}-{width}-{how}.png"), "wb") as file:
            file.write(base64.b64decode(picture["data"]))
    at = browser.value(CHART)
    if how != "print" and at:
        for step in range(2):
            browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=at["x"] + step, y=at["y"])
        if not any(c.isdigit() for c in browser.value(TIP)):
            faults.append("no number under the pointer")
        if shots:
            picture = browser.call("Page.captureScreenshot", format="png")
            with open(os.path.join(shots, f"{name}-{width}-{how}-hover.png"), "wb") as file:
                file.write(base64.b64decode(picture["data"]))
        switched = browser.value(SWITCH)
        if switched:
            faults.append(switched)
    faults.extend(complaints(browser.events))
    return [f"{os.path.basename(page)}, {width} px, {how}: {fault}" for fault in faults], took


def main():
    program, page, *shots = sys.argv[1:]
    browser, faults, slowest = Browser(program), [], 0
    try:
        browser.open()
        for width in (1280, 400):
            for how in ("light", "dark", "print"):
                found, took = look(browser, page, width, how, shots[0] if shots else None)
                faults.extend(found)
                slowest = max(slowest, took)
        browser.close()
    finally:
        if browser.child.poll() is None:
            browser.child.kill()
    print("\n".join(dict.fromkeys(faults)) or f"opened in {slowest:.2f} s at most")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
