//! `twinflow top`: a running flow in the terminal, live.

mod draw;
mod figures;
mod screen;
mod snapshot;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use twinflow_ui::FlowReport;

use crate::cli::TopOptions;
use crate::client::{Client, ClientError};
use crate::exit::Stop;
use crate::output;
use screen::{Screen, Wish};

/// How often the flow is asked.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a key may wait for what it does, and news for being drawn.
const PACE: Duration = Duration::from_millis(100);

/// News for the screen.
enum News {
    Report(Result<FlowReport, ClientError>),
    /// A line from the tap of this number.
    Record(u64, String),
}

/// Shows the flow until `q` is pressed; with `--once`, prints it and ends.
pub fn top(options: &TopOptions) -> Result<(), Stop> {
    let client = Client::new(&options.running.url);
    // The first answer tells on the plain terminal that nothing runs.
    let report: FlowReport = client.json("/api/nodes").map_err(Stop::failure)?;
    if options.once {
        return output::write(&snapshot::text(&report));
    }
    if !std::io::stdout().is_terminal() {
        return Err(Stop::usage(
            "`twinflow top` draws on a terminal, and standard output is none; `twinflow top --once` prints text",
        ));
    }
    let mut screen = Screen::new(client.url());
    screen.report(Ok(report));
    let mut terminal = ratatui::try_init().map_err(Stop::failure)?;
    let result = show(&mut terminal, &mut screen, &client);
    ratatui::restore();
    result.map_err(Stop::failure)
}

fn show(terminal: &mut DefaultTerminal, screen: &mut Screen, client: &Client) -> std::io::Result<()> {
    let (sender, news) = channel();
    ask_again_and_again(client.clone(), sender.clone());
    let mut tap = 0;
    loop {
        terminal.draw(|frame| draw::draw(frame, screen))?;
        if event::poll(PACE)?
            && let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
        {
            match screen.press(key) {
                Wish::Nothing => {}
                Wish::Quit => return Ok(()),
                Wish::Look(node) => {
                    tap += 1;
                    look(client.clone(), node, tap, sender.clone());
                }
            }
        }
        take(&news, screen, tap);
    }
}

fn take(news: &Receiver<News>, screen: &mut Screen, tap: u64) {
    for news in news.try_iter() {
        match news {
            News::Report(report) => screen.report(report.map_err(|error| error.to_string())),
            News::Record(of, line) if of == tap => screen.record(line),
            // The last lines of a node that is looked at no more.
            News::Record(..) => {}
        }
    }
}

/// Asks for the state of the flow for as long as someone listens; a flow that is gone may come back.
fn ask_again_and_again(client: Client, news: Sender<News>) {
    thread::spawn(move || {
        loop {
            thread::sleep(PERIOD);
            if news.send(News::Report(client.json("/api/nodes"))).is_err() {
                return;
            }
        }
    });
}

/// Reads the tap of a node until the flow ends or nobody listens.
fn look(client: Client, node: String, tap: u64, news: Sender<News>) {
    thread::spawn(move || {
        let lines = match client.tap(&node, None, None) {
            Ok(lines) => lines,
            Err(error) => {
                // Without a listener there is nobody to tell.
                let _ = news.send(News::Record(tap, error.to_string()));
                return;
            }
        };
        for line in lines.map_while(Result::ok) {
            if news.send(News::Record(tap, line)).is_err() {
                return;
            }
        }
    });
}
