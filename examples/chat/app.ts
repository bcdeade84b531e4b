import { api, start, type MaxLen, type MinLen, type StreamInOut } from "@twinloop/api";

interface Said {
  text: string & MinLen<1> & MaxLen<500>;
}

interface Message extends Said {
  name: string;
}

interface Room {
  members: Set<StreamInOut<Said, Message>>;
  /** What was said last, for those who come later. */
  recent: Message[];
}

const rooms = new Map<string, Room>();

/** A room to talk in. Each message is checked by Rust; one that does not fit closes its sender's stream. */
export const chat = api.streamInOut<{ room: string; name: string & MaxLen<40> }, Said, Message>(
  { expose: true, path: "/rooms/:room", idleTimeout: "10m", maxMessage: 4_096 },
  async ({ room: roomName, name }, stream) => {
    const room = rooms.get(roomName) ?? { members: new Set(), recent: [] };
    rooms.set(roomName, room);
    for (const message of room.recent) await stream.send(message);
    room.members.add(stream);
    try {
      for await (const { text } of stream) {
        const message = { name, text };
        room.recent = [...room.recent.slice(-9), message];
        await Promise.allSettled([...room.members].map((member) => member.send(message)));
      }
    } finally {
      room.members.delete(stream);
    }
  },
);

await start();
