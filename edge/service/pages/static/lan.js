// The page on trusting the box is text alone: it needs its language, and opens what fits the device.

import "./texts.js";

const agent = navigator.userAgent;
const SYSTEMS = [["Android", 0], ["iPhone", 1], ["iPad", 1], ["Windows", 2], ["Macintosh", 3], ["Linux", 4]];
const [, place] = SYSTEMS.find(([mark]) => agent.includes(mark)) ?? [];

if (place !== undefined) document.querySelectorAll("details")[agent.includes("Firefox/") && place > 1 ? 5 : place].open = true;
