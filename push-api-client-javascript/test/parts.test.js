import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage, splitObjects } from "../src/subscriber/message.js";
import { Position } from "../src/subscriber/position.js";

const message = (channel, eventId, time = "Thu, 26 Nov 2026 10:00:00 GMT", tag = "1") => ({ channel, eventId, time, tag });

test("a position begins unknown, and is the last event's id", () => {
  const position = new Position();
  assert.equal(position.query(), "");
  assert.equal(position.isKnown, false);
  assert.equal(position.accept(message("a", "1-0")), true);
  assert.equal(position.query(), "qs=on&eventid=1-0");
  assert.equal(new Position("5-1").query(), "qs=on&eventid=5-1");
});

test("without event ids it is the time and the tag", () => {
  const position = new Position();
  position.accept(message("a", ""));
  assert.equal(position.query(), "qs=on&time=Thu%2C%2026%20Nov%202026%2010%3A00%3A00%20GMT&tag=1");
  position.moveTo("Thu, 26 Nov 2026 10:00:01 GMT", "0");
  assert.match(position.query(), /00%3A01%20GMT&tag=0$/);
});

test("repetitions are dropped for each channel, and memory is bounded", () => {
  const position = new Position();
  assert.equal(position.accept(message("a", "1-0")), true);
  assert.equal(position.accept(message("b", "1-0")), true);
  assert.equal(position.accept(message("a", "1-0")), false);
  for (let number = 0; number < 5000; number += 1) position.accept(message("a", `2-${number}`));
  assert.equal(position.accept(message("a", "2-4999")), false);
  assert.equal(position.accept(message("a", "1-0")), true);
});

test("what is no message is none", () => {
  assert.equal(readMessage("x"), null);
  assert.equal(readMessage("null"), null);
  assert.equal(readMessage('{"id":-1,"channel":"","text":"ping"}'), null);
  assert.equal(readMessage('{"id":1,"text":5}'), null);
  // Published past push-api.
  assert.equal(readMessage('{"id":1,"channel":"a","text":"100%"}').text, "100%");
  assert.deepEqual(readMessage('{"id":1,"channel":"a","text":"%C3%BC","tag":"1","time":"t","eventid":"e"}'), {
    id: 1, channel: "a", text: "ü", tag: "1", time: "t", eventId: "e",
  });
});

test("the objects of an answer are found whatever stands between and in them", () => {
  assert.deepEqual(splitObjects(""), []);
  assert.deepEqual(splitObjects('{"a":1}{"b":{"c":"}"}}\r\n{"d":"\\"}{"}'), ['{"a":1}', '{"b":{"c":"}"}}', '{"d":"\\"}{"}']);
  assert.deepEqual(splitObjects('x"{"a":1}} {"b'), ['{"a":1}']);
});
