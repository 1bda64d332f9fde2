/** `<replica>_<stream>_<number>`: where an event came from, so that any replica finds the way back to it. */
export type EventId = string;

export interface EventPlace {
  readonly replica: string;
  readonly stream: string;
  readonly number: number;
}

const EVENT_ID = /^([A-Za-z0-9_]{1,64})_([0-9a-f]{24})_(0|[1-9][0-9]{0,14})$/;

export function eventIdText(place: EventPlace): EventId {
  return `${place.replica}_${place.stream}_${place.number}`;
}

/** `undefined` for what this gateway never gave out. */
export function readEventId(text: string): EventPlace | undefined {
  const [, replica, stream, number] = EVENT_ID.exec(text) ?? [];
  return replica === undefined || stream === undefined || number === undefined ? undefined : { replica, stream, number: Number(number) };
}
