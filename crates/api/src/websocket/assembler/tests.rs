use proptest::prelude::*;

use super::*;
use crate::websocket::deflate::deflate;

/// A client's frame: the first byte, and the payload, masked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    crate::websocket::frame::write_frame(&mut out, OpCode::Text, payload);
    out[0] = first;
    out[1] |= 0x80;
    let head = out.len() - payload.len();
    out.splice(head..head, [0, 0, 0, 0]);
    let mask = [9, 8, 7, 6];
    out[head..head + 4].copy_from_slice(&mask);
    for (byte, key) in out[head + 4..].iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
    out
}

fn assembler(max_message: usize, inflates: bool) -> Assembler {
    Assembler::new(max_message, inflates, Arc::new(Budget::new(64 << 20)))
}

/// What arrives, with the text of messages, until the first fault.
fn arrivals(assembler: &mut Assembler, pieces: &[&[u8]]) -> (Vec<(Arrival, Vec<u8>)>, Option<Close>) {
    let mut seen = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match assembler.take(&mut rest) {
                Ok(Some(arrival)) => seen.push((arrival, assembler.message().to_vec())),
                Ok(None) => break,
                Err(close) => return (seen, Some(close)),
            }
        }
    }
    (seen, None)
}

fn fault(max: usize, bytes: &[u8]) -> u16 {
    arrivals(&mut assembler(max, false), &[bytes]).1.map_or(0, |close| close.code)
}

#[test]
fn fragments_become_one_message_with_control_frames_in_between() {
    let bytes = [
        frame(0x01, b"a"),
        frame(0x89, b"p"),
        frame(0x00, b"b"),
        frame(0x8a, b""),
        frame(0x80, b"c"),
        frame(0x82, b""),
        frame(0x88, b"\x03\xe8x"),
    ]
    .concat();
    let (seen, fault) = arrivals(&mut assembler(100, false), &[&bytes]);
    let kinds: Vec<&Arrival> = seen.iter().map(|(arrival, _)| arrival).collect();
    assert_eq!(
        kinds,
        [
            &Arrival::Ping(b"p".to_vec()),
            &Arrival::Pong,
            &Arrival::Message { is_text: true },
            &Arrival::Message { is_text: false },
            &Arrival::Close(Close::new(1000, "x")),
        ]
    );
    assert_eq!((seen[2].1.as_slice(), seen[3].1.as_slice(), fault), (&b"abc"[..], &b""[..], None));
}

#[test]
fn faults_have_their_codes() {
    assert_eq!(fault(10, &frame(0x80, b"a")), 1002);
    assert_eq!(fault(10, &[frame(0x01, b"a"), frame(0x81, b"b")].concat()), 1002);
    assert_eq!(fault(10, &frame(0xc1, b"a")), 1002);
    assert_eq!(fault(10, &frame(0x81, b"\xff")), 1007);
    assert_eq!(fault(10, &frame(0x81, b"\xe2\x82")), 1007);
    assert_eq!(fault(10, &frame(0x82, b"\xff")), 0);
    assert_eq!(fault(10, &frame(0x82, &[0; 11])), 1009);
    assert_eq!(fault(10, &[frame(0x02, &[0; 6]), frame(0x80, &[0; 5])].concat()), 1009);
    // Refused by its length alone, before any of it has come.
    assert_eq!(fault(10, &frame(0x82, &[0; 200])[..8]), 1009);
    assert_eq!(fault(10, &frame(0x88, b"a")), 1002);
}

#[test]
fn wrong_utf8_is_told_before_the_message_ends() {
    let whole = frame(0x01, b"abc\xffdef");
    assert_eq!(fault(100, &whole[..whole.len() - 3]), 1007);
    let cut = [frame(0x01, b"\xe2"), frame(0x00, b"\x82"), frame(0x80, b"\xac")].concat();
    let (seen, fault) = arrivals(&mut assembler(100, false), &[&cut]);
    assert_eq!((seen.len(), fault), (1, None));
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    let mut packed = Vec::new();
    deflate(&vec![0; 1 << 20], 15, &mut packed);
    assert!(packed.len() < 20_000);
    let bytes = frame(0xc2, &packed);
    let (seen, fault) = arrivals(&mut assembler(1 << 20, true), &[&bytes]);
    assert_eq!((seen.len(), seen[0].1.len(), fault), (1, 1 << 20, None));
    let (_, fault) = arrivals(&mut assembler((1 << 20) - 1, true), &[&bytes]);
    assert_eq!(fault, Some(Close::TOO_LARGE));
    let (_, fault) = arrivals(&mut assembler(100, true), &[&frame(0xc1, b"\xff\xff\xff")]);
    assert_eq!(fault, Some(Close::NOT_DEFLATE));
}

#[test]
fn memory_comes_out_of_the_budget_and_goes_back() {
    let budget = Arc::new(Budget::new(256 << 10));
    let mut one = Assembler::new(1 << 20, false, Arc::clone(&budget));
    let mut other = Assembler::new(1 << 20, false, Arc::clone(&budget));
    let large = frame(0x82, &vec![0; 150 << 10]);
    let (begun, last) = large.split_at(large.len() - 1);
    assert_eq!(arrivals(&mut one, &[begun]).1, None);
    assert_eq!(arrivals(&mut other, &[&large]).1, Some(Close::NO_ROOM));
    drop(other);
    assert_eq!(arrivals(&mut one, &[last]).0.len(), 1);
    let mut third = Assembler::new(1 << 20, false, budget);
    assert_eq!(arrivals(&mut third, &[&large]).1, None);
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_same_arrives(
        frames in prop::collection::vec((prop::sample::select(vec![0x01u8, 0x81, 0x02, 0x82, 0x00, 0x80, 0x89, 0x8a, 0x88, 0xc1]), prop::collection::vec(any::<u8>(), 0..300)), 0..8),
        cuts in prop::collection::vec(0usize..2000, 0..12),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect();
        let whole = arrivals(&mut assembler(500, true), &[&bytes]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(arrivals(&mut assembler(500, true), &pieces), whole);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), inflates: bool) {
        arrivals(&mut assembler(64, inflates), &[&bytes]);
    }
}
