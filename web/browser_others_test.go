package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"heyin/models"
)

// as signs the tab in as somebody else.
func (b *tab) as(name string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(`.who button`)), chromedp.WaitVisible(chromedp.CSS(`.login`)))
	b.login(name)
}

// settled presses a key when the page's scripts and pictures are there, as one that
// comes before is lost, and waits for those of the page that follows.
func (b *tab) settled(key, selector string) {
	b.t.Helper()
	pictures := chromedp.Evaluate[int](brokenImages, chromedp.EvalAwaitPromise)
	ask(b, pictures)
	b.press(key, selector)
	ask(b, pictures)
}

// Two people and a supervisor judge one receipt in a real browser, with keys; the
// first takes back once.
func TestBrowserSecondPerson(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newSite(t)
	s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleReviewer))
	b.settled("n", ".decide")
	const said = `[data-key="u"]` // what was said can be taken back; taken back, it has a notice too
	b.settled("1", said)
	b.shot("second-first-said")
	b.settled("u", ".decide")
	b.shot("second-undone")
	b.settled("1", said)
	b.as(s.user(t, s.branch, models.RoleReviewer))
	b.settled("n", ".decide")
	b.keys("c" + "a") // chosen, and the list closed
	b.settled("2", ".notice.done")
	b.as(s.user(t, s.branch, models.RoleReviewer, models.RoleSupervisor))
	b.open("/review")
	b.shot("second-disputed")
	b.settled("n", ".decide")
	b.shot("second-supervisor")
	b.settled("1", ".notice.done")
	b.quiet()
}

// The pages of everybody but the reviewer open without a word on the console.
func TestBrowserPagesOfOthers(t *testing.T) {
	s := newSite(t)
	s.judged(t, "晨光贸易有限公司", "invalid", "seal_mismatch")
	s.judged(t, "远山机械制造有限公司", "rescan", "image_poor")
	s.judged(t, "青禾食品有限公司", "invalid", "specimen_fault")
	s.judged(t, "海川贸易有限公司", "valid", "mark_differ")
	for range 3 {
		s.richReceipt(t, "清泉水务有限公司", models.ReasonMarkUnclear, models.ReasonSealMissing)
	}
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleSupervisor))
	for i, p := range []struct {
		role  models.Role
		paths []string
	}{
		{models.RoleSupervisor, []string{"/board", "/faults", "/specimens/doubtful"}}, {models.RoleBranch, []string{"/faults", "/mismatches", "/addresses"}}, {models.RoleOperator, []string{"/rescans", "/specimens", "/batches"}},
		{models.RoleAdmin, []string{"/house", "/rules", "/users"}}, {models.RoleSecurity, []string{"/users", "/account"}},
	} {
		if i > 0 {
			branch := s.branch
			if p.role.Exclusive() {
				branch = ""
			}
			b.as(s.user(t, branch, p.role))
		}
		for _, path := range p.paths {
			b.open(path)
			b.do(chromedp.WaitVisible(chromedp.CSS(`h1`)))
			b.shot(fmt.Sprintf("%s%s", p.role, "-"+strings.ReplaceAll(path[1:], "/", "-")))
		}
	}
	b.do(chromedp.Click(chromedp.CSS(`form[action="/account/totp"] button`)), chromedp.WaitVisible(chromedp.CSS(`svg.qr`)))
	b.shot("security-totp")
	b.quiet()
}
