//! As much of MQTT 3.1.1 as a load needs, over a plain socket: a client library would take its part of the two cores.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub fn connect(port: u16, client: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut body = Vec::new();
    text("MQTT", &mut body);
    // Version 4, a clean session, no keep-alive.
    body.extend([4, 2, 0, 0]);
    text(client, &mut body);
    packet(0x10, &body, &mut stream)?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer)?;
    if answer[0] != 0x20 || answer[3] != 0 {
        return Err(io::Error::other(format!("the broker refused: {answer:?}")));
    }
    Ok(stream)
}

pub fn subscribe(stream: &mut TcpStream, topic: &str) -> io::Result<()> {
    let mut body = vec![0, 1];
    text(topic, &mut body);
    body.push(0);
    packet(0x82, &body, stream)?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)
}

/// Appends a message to what is to be sent. `number` is its packet number, for QoS 1.
pub fn publish(topic: &str, payload: &[u8], number: Option<u16>, out: &mut Vec<u8>) {
    let length = 2 + topic.len() + payload.len() + if number.is_some() { 2 } else { 0 };
    out.push(if number.is_some() { 0x32 } else { 0x30 });
    remaining_length(length, out);
    text(topic, out);
    if let Some(number) = number {
        out.extend(number.to_be_bytes());
    }
    out.extend(payload);
}

pub fn disconnect(stream: &TcpStream) {
    let _ = (&*stream).write_all(&[0xe0, 0]);
    let _ = stream.shutdown(Shutdown::Both);
}

/// Reads packets as they come.
pub struct Packets {
    stream: TcpStream,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl Packets {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: vec![0; 1 << 18],
            from: 0,
            to: 0,
        }
    }

    /// Waits for more bytes; false at the end of the connection.
    pub fn fill(&mut self) -> bool {
        self.buffer.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        if self.to == self.buffer.len() {
            self.buffer.resize(2 * self.to, 0);
        }
        match self.stream.read(&mut self.buffer[self.to..]) {
            Ok(0) | Err(_) => false,
            Ok(bytes) => {
                self.to += bytes;
                true
            }
        }
    }

    /// The next whole packet: its kind, and its body.
    pub fn next(&mut self) -> Option<(u8, &[u8])> {
        let bytes = &self.buffer[self.from..self.to];
        let (mut length, mut at) = (0, 1);
        loop {
            let byte = *bytes.get(at)?;
            length |= usize::from(byte & 127) << (7 * (at - 1));
            at += 1;
            if byte < 128 {
                break;
            }
        }
        let body = bytes.get(at..at + length)?;
        self.from += at + length;
        Some((bytes[0] >> 4, body))
    }
}

/// The payload of a message that came with QoS 0.
pub fn payload(body: &[u8]) -> &[u8] {
    let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
    &body[2 + topic..]
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.extend((text.len() as u16).to_be_bytes());
    out.extend(text.as_bytes());
}

fn packet(kind: u8, body: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    let mut all = vec![kind];
    remaining_length(body.len(), &mut all);
    all.extend(body);
    stream.write_all(&all)
}

fn remaining_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 128 {
        out.push((length % 128) as u8 | 128);
        length /= 128;
    }
    out.push(length as u8);
}
